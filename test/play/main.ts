/**
 * The program in the guest: plays scenarios, by name or all of them, and writes their outcomes to a file.
 *
 * `node main.js [--fake] [--after-reboot] [--outcomes FILE] [NAME…]`
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { account, line, summary } from './report.js'
import type { Outcome, Scenario } from './scenario.js'
import { scenarios } from '../scenarios/index.js'
import { seed } from './seed.js'
import { fakeStage, realStage, type Stage } from './stages.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fake: { type: 'boolean', default: false },
    'after-reboot': { type: 'boolean', default: false },
    outcomes: { type: 'string' },
  },
})

/** The scenarios with these names; without names, all that have a part in this boot. */
function chosen(): readonly Scenario[] {
  const due = ({ only, afterReboot }: Scenario) =>
    (only === undefined || !values.fake) && (afterReboot !== undefined || !values['after-reboot'])
  const known = scenarios.filter(due)
  const unknown = positionals.filter((name) => !known.some((each) => each.name === name))
  if (unknown.length > 0) throw new Error(`No scenario ${unknown.join(', ')}. There are: ${known.map(({ name }) => name).join(', ')}`)
  return positionals.length === 0 ? known.filter(({ long }) => long === undefined) : known.filter(({ name }) => positionals.includes(name))
}

async function main(): Promise<boolean> {
  const file = values.outcomes ?? (values.fake ? undefined : '/out/outcomes.json')
  const outcomes: Outcome[] = []
  const keep = (outcome: Outcome) => {
    outcomes.push(outcome)
    if (file === undefined) return
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(outcomes, null, 1)) // each time: a guest may die
  }
  const wanted = chosen()
  console.log(`seed ${seed}`)
  const stage = await (values.fake ? fakeStage() : realStage(values['after-reboot']))
  for (const [index, scenario] of wanted.entries()) {
    const stop = await playOne(stage, scenario, keep)
    if (stop === undefined) continue
    console.log(`The remaining ${wanted.length - index - 1} scenarios are not played: ${stop}`)
    for (const { name } of wanted.slice(index + 1))
      keep({ name, phase: 'run', ok: false, failure: `not played: ${stop}`, noted: [], leftovers: null, journal: null, ms: 0 })
    break
  }
  console.log(summary(outcomes))
  return outcomes.every(({ ok }) => ok)
}

/** Returns the reason if no other scenario can be played. */
async function playOne(stage: Stage, scenario: Scenario, keep: (outcome: Outcome) => void): Promise<string | undefined> {
  try {
    await stage.play(scenario, (played, diagnosis) => {
      keep(played.outcome)
      console.log(line(played.outcome, scenario.title))
      if (!played.outcome.ok) console.log(account(played, diagnosis))
    })
    return undefined
  } catch (error) {
    return `after ${scenario.name}: ${error instanceof Error ? error.message : String(error)}`
  }
}

main().then(
  (ok) => process.exit(ok ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(2)
  },
)
