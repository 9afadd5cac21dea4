/** `kill -9` of a process that operates on a volume, and the recovery by the next process. */
import type { Attacher, OperationEvent } from '../../lib/index.js'
import { truthy } from '../world/expect.js'
import type { AgentProcess, World } from '../world/world.js'

export interface KillPlan {
  readonly operation: 'attach' | 'detach'
  readonly step: string
  /** The nth start of the step: steps of a path occur once for each path. */
  readonly nth: number
  /** Delay after that. With 0 the process kills itself at once. */
  readonly afterMs: number
}
/** The real state of the process when it died. */
export interface Killed {
  /** The last step that it had begun, or `answered`. */
  readonly reached: string
  /** Steps that had begun and not ended. */
  readonly open: readonly string[]
  /** The content of the claim: state and objects. */
  readonly claim: string
}

/** Starts the operation, and kills the process as planned. */
export async function killDuring(world: World, agent: AgentProcess, plan: KillPlan, id: string, work: Work): Promise<Killed> {
  const { step, nth, afterMs } = plan
  const told: OperationEvent[] = []
  let left = nth
  let begun: () => void = () => undefined
  const hit = new Promise<void>((resolve) => (begun = resolve))
  const events = agent.attacher.events()
  const listening = (async () => {
    for await (const event of events) {
      told.push(event)
      if (event.type === 'step:start' && event.step === step && --left === 0) begun()
    }
  })()
  if (afterMs === 0) agent.dieAt(step, nth)
  const ended = work(agent.attacher).then(
    () => 'answered',
    (error: unknown) => String(error),
  )
  const first = await Promise.race([hit.then(() => 'hit'), agent.ended.then(() => 'hit'), ended])
  if (afterMs > 0 && left <= 0) {
    await world.sleep(afterMs)
    await agent.kill()
  }
  if (left > 0) await Promise.race([agent.ended, world.sleep(1000)])
  truthy(left <= 0, `${plan.operation} comes to ${step} for the ${nth}. time; it ended: ${first}`)
  await agent.ended
  if (world.kind === 'real') await listening
  return { ...whereItWas(told), claim: await claimOf(world, id) }
}
type Work = (attacher: Attacher) => Promise<unknown>

function whereItWas(told: readonly OperationEvent[]): Pick<Killed, 'reached' | 'open'> {
  const open: string[] = []
  let reached = ''
  for (const event of told) {
    if (event.type === 'step:start') {
      reached = event.step
      open.push(event.step)
    }
    if (event.type === 'step:end') open.splice(open.indexOf(event.step), 1)
    if (event.type === 'operation:end') reached = 'answered'
  }
  return { reached, open }
}
async function claimOf(world: World, id: string): Promise<string> {
  for (const name of await world.list(`${world.runDir}/claims`)) {
    if (!name.endsWith('.json')) continue
    const claim = JSON.parse((await world.readText(`${world.runDir}/claims/${name}`)) ?? '{}') as {
      id?: string
      state: string
      objects: { kind: string; origin: string }[]
      pending: unknown[]
    }
    if (claim.id !== id) continue
    const count = (kind: string) => claim.objects.filter((object) => object.kind === kind).length
    const objects = ['record', 'session', 'disk', 'map'].map((kind) => `${count(kind)} ${kind}`).join(', ')
    return `${claim.state}: ${objects}, ${claim.pending.length} pending`
  }
  return 'no claim'
}
