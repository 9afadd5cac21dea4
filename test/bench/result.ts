/** The results of a row, as docs/evidence/bench/storm.json keeps them. Times are milliseconds of the guest. */
import type { Delay } from './party/loop.js'
import type { Story } from './party/protocol.js'
import type { Timed } from './stopwatch.js'

/** One attach of all volumes, or their detach. On the instruction clock, a busy millisecond is a million instructions. */
export interface Figures {
  readonly ms: number
  readonly idleMs: number
  /** Processor time by program, of those with at least 0.01 ms. What no program used is the kernel's own. */
  readonly byProgram: Readonly<Record<string, number>>
  /** Of the party's process: its main thread, and its other threads. Processes that it started have the rest of its share. */
  readonly mainMs: number
  readonly threadsMs: number
  /** Processes and threads that were started. */
  readonly started: number
  readonly peakKib: number
  /** The longest wait of the whole host, and who ran after it. */
  readonly longestWaitMs: number
  readonly waited: string
}
export interface Round {
  readonly attach: Figures
  readonly detach?: Figures
  /** When the first, the median and the last volume was there. */
  readonly volumes?: readonly [first: number, median: number, last: number]
  /** A map that was made directly lacked paths at the tick of the answer, since multipathd was taking it over. */
  readonly takenOver?: true
  /** Processor time of the import of the package, by a process that starts for the attach. */
  readonly importMs?: number
  /** Why the round should have been repeated once more. */
  readonly disturbed?: string
}
export interface Measured {
  readonly id: string
  readonly rounds: Readonly<Record<string, readonly Round[]>>
  /** Rounds that were repeated because the machine disturbed them, by party. */
  readonly repeated: Readonly<Record<string, number>>
  /** Parties that failed, or whose device had fewer paths than the others'. They play no further round. */
  readonly failures: readonly { readonly party: string; readonly why: string }[]
  /** Steps of the last attach, by way of Brickwork. */
  readonly stories: Readonly<Record<string, Story>>
  /** Delays of the event loop in a round that doesn't count. */
  readonly loops: Readonly<Record<string, Delay>>
}

const MS = 1e6
const LEAST_MS = 0.01
const rounded = (ms: number) => Math.round(ms * 1000) / 1000

export function figuresOf({ ns, idleNs, forks, peakKib, mainNs, threadsNs, groups, longestWaitMs, waited }: Timed): Figures {
  const byProgram = Object.entries(groups)
    .map(([name, each]) => [name, rounded(each / MS)] as const)
    .filter(([name, ms]) => name !== 'harness' && ms >= LEAST_MS)
    .sort(([, a], [, b]) => b - a)
  return {
    ms: rounded(ns / MS),
    idleMs: rounded(idleNs / MS),
    byProgram: Object.fromEntries(byProgram),
    mainMs: rounded(mainNs / MS),
    threadsMs: rounded((threadsNs - mainNs) / MS),
    started: forks,
    peakKib,
    longestWaitMs: rounded(longestWaitMs),
    waited,
  }
}
export function spread(times: readonly number[]): readonly [number, number, number] | undefined {
  const sorted = [...times].sort((a, b) => a - b).map(rounded)
  const [first, median, last] = [sorted[0], sorted[(sorted.length - 1) >> 1], sorted.at(-1)]
  return first === undefined || median === undefined || last === undefined ? undefined : [first, median, last]
}

/** 100 sleeps of 1 ms, if the machine wakes the guest in time. */
const SLEEPS_MS = { from: 100, to: 130 }
/** Late wake-ups and requests make only idle time longer. So they don't disturb a round with less idle time than this part of it. */
const LEAST_PART = 0.01
/** What a request to the machine takes at most, as a rule. */
const REQUEST_NS = 1e6
/** What disturbed the round; `undefined` if nothing did. */
export function disturbance({ requests, sleepsNs, ns, idleNs }: Timed): string | undefined {
  if (requests * REQUEST_NS > LEAST_PART * ns) return `${requests} requests of 9p`
  if (idleNs < LEAST_PART * ns) return undefined
  const slow = sleepsNs.map((ns) => ns / MS).find((ms) => ms < SLEEPS_MS.from || ms > SLEEPS_MS.to)
  return slow === undefined ? undefined : `100 sleeps of 1 ms took ${slow.toFixed(0)} ms`
}
