/** `kill -9` in the middle of attach and detach. */
import { equal, expectClean, IQN, request, truthy } from '../expect.js'
import { killDuring, type Killed, type KillPlan } from '../kill.js'
import { type Chance, chance } from '../random.js'
import type { Scenario, Story } from '../scenario.js'
import { seed } from '../seed.js'
import type { AgentProcess, World } from '../world.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const PATHS = PORTALS.length
const ATTACH = ['admit', 'intend', 'probe', 'login', 'scan', 'find', 'prove', 'assemble', 'settle', 'record']
const DETACH = ['admit', 'check-paths', 'check-holders', 'flush', 'remove-map', 'delete', 'logout', 'delete-record', 'record']
const OF_EACH_PATH = ['probe', 'login', 'scan', 'find', 'prove', 'check-holders', 'delete', 'logout', 'delete-record']
const MOST_JITTER_MS = 150
/** Before the disks are there a short deadline keeps the window of a login short, which a recovery may have to wait for. */
const SHORT_MS = 14_000

const asked = request('one', { portals: PORTALS, policy: { multipath: 'prefer' } })

/** What became of one kill. */
interface Case extends Killed {
  readonly plan: KillPlan
  readonly outcome: string
  readonly ms: number
}

/** The first of each step at its beginning, further ones within the jitter after it. */
function plans(times: number, random: Chance): KillPlan[] {
  const each = (operation: 'attach' | 'detach', step: string) =>
    Array.from({ length: times }, (_, time): KillPlan => {
      const nth = OF_EACH_PATH.includes(step) ? 1 + random.below(PATHS) : 1
      return { operation, step, nth, afterMs: time === 0 ? 0 : 1 + random.below(MOST_JITTER_MS) }
    })
  return [...ATTACH.flatMap((step) => each('attach', step)), ...DETACH.flatMap((step) => each('detach', step))]
}

async function serve(world: World): Promise<void> {
  await world.multipathd('running')
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
async function verifyVolume(agent: AgentProcess, device: string): Promise<void> {
  equal(Buffer.from(await agent.read(device, 512)).toString('latin1', 0, 11), 'volume data', 'what is on the device')
}

/** Temporary files of a writer that was killed go with a later recovery. */
const isEntry = (name: string) => name.endsWith('.json')

/** One life: a process that is killed, and the next one that recovers. */
async function play(world: World, plan: KillPlan): Promise<Case> {
  const from = world.now()
  const first = await world.agent()
  if (plan.operation === 'detach') await first.attacher.attach(asked)
  const killed = await killDuring(world, first, plan, 'one', (attacher) =>
    plan.operation === 'detach'
      ? attacher.detach('one')
      : attacher.attach(asked, ['admit', 'intend', 'probe', 'login'].includes(plan.step) ? { timeoutMs: SHORT_MS } : {}),
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
  await next.kill()
  return { plan, ...killed, outcome, ms: world.now() - from }
}

async function playAll(world: World, story: Story, times: number): Promise<void> {
  await serve(world)
  const cases: Case[] = []
  const say = world.kind === 'real' ? (line: string) => console.log(line) : () => undefined
  for (const plan of plans(times, chance(seed))) {
    const played = await play(world, plan)
    cases.push(played)
    say(`     ${row(played)}`)
  }
  for (const [operation, steps] of [
    ['attach', ATTACH],
    ['detach', DETACH],
  ] as const) {
    for (const step of steps) {
      const hits = cases.filter(({ plan }) => plan.operation === operation && plan.step === step)
      truthy(hits.length >= times, `${operation} ${step} was hit ${hits.length} times`)
      say(`     ${operation} ${step.padEnd(14)} ${hits.length} kills → ${tally(hits.map(({ outcome }) => outcome))}`)
    }
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

const killed = (name: string, times: number, more: Partial<Scenario>): Scenario => ({
  name,
  title: `kill -9 at every step of attach and detach of four paths, ${times} times each: clean, or attached and verified`,
  run: (world, story) => playAll(world, story, times),
  ...more,
})
export const crash = killed('crash', 1, { timeoutMs: 400_000 })
export const crashLong = killed('crash-long', 6, { long: true, timeoutMs: 3_600_000 })
