/** node build/lab/test/simulation/main.js --seed N --ops M: plays worlds one after another, each with its own seed. */
import { parseArgs } from 'node:util'
import { shrink } from './shrink.js'
import { type Outcome, simulate } from './simulate.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    ops: { type: 'string', default: '1000' },
    world: { type: 'string', default: '500' },
    steps: { type: 'string' },
    lines: { type: 'string', default: '60' },
    shrink: { type: 'boolean', default: false },
    twice: { type: 'boolean', default: false },
    outcomes: { type: 'boolean', default: false },
    'go-on': { type: 'boolean', default: false },
  },
})
const say = (line: string) => void process.stdout.write(`${line}\n`)

function row({ seed, ops, calls, failed, deaths, boots, virtualMs, digest }: Outcome, ms: number): string {
  const hours = (virtualMs / 3_600_000).toFixed(1)
  return `seed ${seed}: ${ops} operations, ${calls} calls (${failed} refused or failed), ${deaths} deaths, ${boots - 1} reboots, ${hours} h, story ${digest} (${(ms / 1000).toFixed(1)} s)`
}

async function main(): Promise<number> {
  const first = Number(values.seed)
  const ops = Number(values.ops)
  const each = Math.min(ops, Number(values.world))
  const steps = values.steps === undefined ? undefined : new Set(values.steps.split(',').map(Number))
  let passed = 0
  let failed = 0
  for (let done = 0, seed = first; done < ops; done += each, seed++) {
    const started = performance.now()
    const part = Math.min(each, ops - done)
    const outcome = await simulate(seed, part, steps === undefined ? undefined : (index) => steps.has(index))
    say(row(outcome, performance.now() - started))
    if (values.outcomes) for (const [what, count] of [...outcome.outcomes].sort()) say(`    ${what}: ${count}`)
    if (outcome.failure !== undefined) {
      failed += 1
      await explain(outcome, part)
      if (values['go-on']) continue
      break
    }
    passed += 1
    if (!values.twice || seed > first) continue
    const again = await simulate(seed, part)
    if (again.digest !== outcome.digest) {
      say(`✘ seed ${seed} has told two stories: ${outcome.digest} and ${again.digest}`)
      failed += 1
      if (values['go-on']) continue
      break
    }
    passed += 1
  }
  say(`${passed} passed, ${failed} failed, 0 skipped`)
  return failed === 0 ? 0 : 1
}

async function explain({ seed, ops, failure }: Outcome, part: number): Promise<void> {
  if (failure === undefined) return
  for (const line of failure.story.slice(failure.story.length - Number(values.lines))) say(`    ${line}`)
  say(`✘ seed ${seed}, operation ${ops}: ${failure.invariant}: ${failure.message}`)
  const chosen = values.steps === undefined ? '' : ` --steps ${values.steps}`
  say(`  again: npm run simulate -- --seed ${seed} --ops ${Math.min(part, ops)}${chosen}`)
  if (!values.shrink) return
  const kept = await shrink(seed, ops, failure.invariant, values.steps === undefined ? undefined : values.steps.split(',').map(Number))
  say(`  shrunk: npm run simulate -- --seed ${seed} --ops ${ops} --steps ${kept.join(',')}`)
}

process.on('unhandledRejection', (error) => {
  say(`✘ a rejection that nobody handled: ${String(error instanceof Error ? error.stack : error)}`)
  process.exit(1)
})
process.on('beforeExit', () => {
  if (process.exitCode !== undefined) return
  say('✘ everything has stopped: nobody waits for anything, and the simulation has not ended')
  process.exitCode = 1
})
process.exitCode = await main()
