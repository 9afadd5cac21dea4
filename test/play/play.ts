/** One scenario in one world, from beginning to outcome. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { INVARIANT_CHANNEL } from '../../lib/core/invariant.js'
import { journals } from './journal.js'
import { type Outcome, type Scenario, Story } from './scenario.js'
import { Timeline } from './timeline.js'
import type { World } from '../world/world.js'

export interface Played {
  readonly outcome: Outcome
  readonly timeline: Timeline
  /** The scenario did not end in time. */
  readonly hung: boolean
}
type Phase = Outcome['phase']

const DEFAULT_TIMEOUT_MS = 120_000
/** Time for the snapshot of what is left. */
const LOOK_MS = 60_000

export async function play(world: World, scenario: Scenario, phase: Phase, timeline = new Timeline()): Promise<Played> {
  const story = new Story()
  const from = performance.now()
  const watched = timeline.watch(world)
  const broken: unknown[] = []
  const hear = (each: unknown) => broken.push(each)
  subscribe(INVARIANT_CHANNEL, hear)
  const tell = phase === 'run' ? scenario.run : scenario.afterReboot
  const timeoutMs = scenario.timeoutMs ?? DEFAULT_TIMEOUT_MS
  let failure: string | undefined
  let hung = false
  try {
    await within(timeoutMs, 'the scenario', tell?.(watched, story) ?? Promise.resolve())
  } catch (error) {
    hung = error instanceof TookTooLong
    failure = inspect(error, { depth: 6 })
  }
  const ms = performance.now() - from
  const look = async <T>(what: string, ask: Promise<T>) => {
    try {
      return await within(LOOK_MS, what, ask)
    } catch (error) {
      failure ??= inspect(error)
      return undefined
    }
  }
  const leftovers = await look('looking at what is left', world.leftovers())
  const journal = await look('reading the journals', journals(world, timeline.stateDirs))
  unsubscribe(INVARIANT_CHANNEL, hear)
  if (broken.length > 0) failure ??= `Invariants were broken: ${JSON.stringify(broken)}`
  const cutOff = phase === 'run' && scenario.afterReboot !== undefined // its leftovers disappear with the boot
  if (!cutOff && leftovers !== undefined && Object.values(leftovers).some((each: readonly string[]) => each.length > 0))
    failure ??= `Left on the host: ${JSON.stringify(leftovers)}`
  const common = { name: scenario.name, phase, noted: story.noted, leftovers, journal, ms: Math.round(ms) }
  return { outcome: { ...common, ok: failure === undefined, ...(failure === undefined ? {} : { failure }) }, timeline, hung }
}

export class TookTooLong extends Error {}

export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`${what} did not come to its end within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
