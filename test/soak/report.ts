import { readdirSync } from 'node:fs'

export interface Sample {
  readonly atMs: number
  readonly rssKib: number
  readonly heapKib: number
  readonly descriptors: number
  readonly threads: number
}

/** The current values of this process. */
export function sample(atMs: number): Sample {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    atMs: Math.round(atMs),
    rssKib: Math.round(rss / 1024),
    heapKib: Math.round(heapUsed / 1024),
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
  }
}

interface Late {
  readonly what: string
  readonly from: number
  readonly to: number
  readonly lateMs: number
}
/** The tolerance after the deadline within which an answer is in time. */
const IN_TIME_MS = 500

/** The results of a soak. */
export class Report {
  readonly counts: Record<string, number> = {}
  readonly samples: Sample[] = []
  /** The delays of the control timer, with their times. */
  readonly #control: { readonly at: number; readonly lateMs: number }[] = []
  readonly #late: Late[] = []
  /** The largest delay of an answer after its deadline. Below 0: all answers came before their deadlines. */
  latestMs = Number.NEGATIVE_INFINITY

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
  control(at: number, lateMs: number): void {
    if (lateMs > 0) this.#control.push({ at, lateMs })
  }
  answered(what: string, code: string, from: number, to: number, timeoutMs: number): void {
    this.count(`${what}: ${code}`)
    const lateMs = to - from - timeoutMs
    this.latestMs = Math.max(this.latestMs, lateMs)
    if (lateMs > IN_TIME_MS) this.#late.push({ what, from, to, lateMs })
  }
  /** Answers that were later than the machine's own delays at that time explain. */
  tooLate(): readonly Late[] {
    return this.#late.filter(({ from, to, lateMs }) => {
      const excused = Math.max(0, ...this.#control.filter(({ at }) => at >= from && at <= to + CONTROL_MS).map((each) => each.lateMs))
      return lateMs > IN_TIME_MS + excused
    })
  }
  get controlMs(): number {
    return Math.max(0, ...this.#control.map(({ lateMs }) => lateMs))
  }
}
/** The period of the control timer. */
export const CONTROL_MS = 1000
