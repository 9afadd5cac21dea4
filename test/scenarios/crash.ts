/** `kill -9` in the middle of attach and detach. */
import { equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { killDuring, type Killed, type KillPlan } from '../play/kill.js'
import { type Chance, chance } from '../play/random.js'
import type { Scenario, Story } from '../play/scenario.js'
import { seed } from '../play/seed.js'
import type { AgentProcess, World } from '../world/world.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const PATHS = PORTALS.length
const ATTACH = ['admit', 'journal', 'probe', 'login', 'scan', 'find', 'verify', 'assemble', 'wait-ready', 'commit']
const DETACH = ['admit', 'check-paths', 'check-users', 'flush', 'remove-map', 'delete', 'logout', 'delete-record', 'commit']
const OF_EACH_PATH = ['probe', 'login', 'scan', 'find', 'verify', 'check-users', 'delete', 'logout', 'delete-record']
const MOST_JITTER_MS = 150
const FEW = 6
/** Before the disks exist, a short deadline keeps a login's window short. A recovery may have to wait for that window. */
const SHORT_MS = 14_000

const asked = request('one', { portals: PORTALS, policy: { multipath: 'prefer' } })

/** The result of one kill. */
interface Case extends Killed {
  readonly plan: KillPlan
  readonly outcome: string
  readonly ms: number
}

const STEPS = [
  ...ATTACH.map((step) => ({ operation: 'attach' as const, step })),
  ...DETACH.map((step) => ({ operation: 'detach' as const, step })),
]

/** First each step at its beginning; then each step again within the jitter after it; then random steps, until there are enough. */
function plans(times: number, kills: number, random: Chance): KillPlan[] {
  const plan = ({ operation, step }: (typeof STEPS)[number], time: number): KillPlan => ({
    operation,
    step,
    nth: OF_EACH_PATH.includes(step) ? 1 + random.below(PATHS) : 1,
    afterMs: time === 0 && (times > 1 || random.below(2) === 0) ? 0 : 1 + random.below(MOST_JITTER_MS),
  })
  const each = STEPS.flatMap((place) => Array.from({ length: times }, (_, time) => plan(place, time)))
  return [...each, ...Array.from({ length: Math.max(0, kills - each.length) }, () => plan(random.one(STEPS), 1))]
}
/** Some of the steps; another seed chooses others. */
function somePlans(kills: number, random: Chance): KillPlan[] {
  const left = plans(1, 0, random)
  return Array.from({ length: kills }, () => left.splice(random.below(left.length), 1)).flat()
}

async function serve(world: World): Promise<void> {
  await world.multipathd('running')
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
async function verifyVolume(agent: AgentProcess, device: string): Promise<void> {
  equal(Buffer.from(await agent.read(device, 512)).toString('latin1', 0, 11), 'volume data', 'what is on the device')
}

/** A later recovery removes the temporary files of a killed writer. */
const isEntry = (name: string) => name.endsWith('.json')

/** One process ends, and the next one recovers. */
async function play(world: World, plan: KillPlan, first: AgentProcess): Promise<{ played: Case; next: AgentProcess }> {
  const from = world.now()
  if (plan.operation === 'detach') await first.attacher.attach(asked)
  const killed = await killDuring(world, first, plan, 'one', (attacher) =>
    plan.operation === 'detach'
      ? attacher.detach('one')
      : attacher.attach(asked, ['admit', 'journal', 'probe', 'login'].includes(plan.step) ? { timeoutMs: SHORT_MS } : {}),
  )
  const next = await world.agent()
  const { actions } = await next.attacher.recover()
  truthy(actions.length <= 1, `one attachment at most: ${JSON.stringify(actions)}`)
  const outcome = actions[0]?.action ?? 'nothing to do'
  truthy(outcome !== 'left', `recovered: ${JSON.stringify(actions)}`)
  if (outcome === 'kept') {
    const attachment = await next.attacher.attach(asked)
    equal([attachment.reused, attachment.paths.length], [true, PATHS], 'attached as before, with all paths')
    await verifyVolume(next, attachment.device)
    await next.attacher.detach('one')
  }
  await expectClean(world, `after a kill in ${plan.operation} at ${plan.step}`)
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
    equal((await world.list(directory)).filter(isEntry), [], `entries in ${directory}`)
  equal((await next.attacher.recover()).actions, [], 'what a second recovery finds')
  return { played: { plan, ...killed, outcome, ms: world.now() - from }, next }
}

/** `least`: how often each step must have been hit. */
async function playAll(world: World, story: Story, due: readonly KillPlan[], least: number): Promise<void> {
  await serve(world)
  const cases: Case[] = []
  const say = world.kind === 'real' ? (line: string) => console.log(line) : () => undefined
  let agent = await world.agent()
  for (const plan of due) {
    const { played, next } = await play(world, plan, agent)
    agent = next
    cases.push(played)
    say(`     ${row(played)}`)
  }
  await agent.kill()
  for (const { operation, step } of STEPS) {
    const hits = cases.filter(({ plan }) => plan.operation === operation && plan.step === step)
    truthy(hits.length >= least, `${operation} ${step} was hit ${hits.length} times`)
    if (hits.length === 0) continue
    say(
      `     ${operation} ${step.padEnd(14)} ${hits.length} kills, while in ${tally(hits.map(({ reached }) => reached))} → ${tally(hits.map(({ outcome }) => outcome))}`,
    )
  }
  story.note('kills, all of them clean or attached afterwards', cases.length)
}
function row({ plan, reached, open, claim, outcome, ms }: Case): string {
  const { operation, step, nth, afterMs } = plan
  return `${operation} ${step} #${nth} +${afterMs} ms: in ${[...new Set(open)].join('+') || '-'}, last ${reached}; ${claim} → ${outcome}, ${Math.round(ms)} ms`
}
function tally(words: readonly string[]): string {
  return [...new Set(words)]
    .sort()
    .map((word) => `${words.filter((each) => each === word).length} ${word}`)
    .join(', ')
}

const killed = (name: string, times: number, kills: number, more: Partial<Scenario>): Scenario => ({
  name,
  title: `${kills} times kill -9, at every step of attach and detach of four paths: clean, or attached and verified`,
  run: (world, story) => playAll(world, story, plans(times, kills, chance(seed)), times),
  ...more,
})
export const crashFew: Scenario = {
  name: 'crash-few',
  title: `${FEW} times kill -9, at steps of attach and detach of four paths that the seed chooses: clean, or attached and verified`,
  run: (world, story) => playAll(world, story, somePlans(FEW, chance(seed)), 0),
  timeoutMs: 300_000,
}
export const crash = killed('crash', 1, STEPS.length, { timeoutMs: 600_000 })
export const crashLong = killed('crash-long', 3, 100, { long: true, timeoutMs: 3_600_000 })
