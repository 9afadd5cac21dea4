/**
 * The helper processes, bounded: what may wait for ever in the kernel waits in one of them. A call whose caller has gone keeps its
 * helper and its key until the kernel lets go; other keys go on as long as a helper is left.
 */
import type { HelperRequest } from './helper-frames.js'
import { Job, type Work } from './helper-job.js'
import type { HelperProcess } from './helper-process.js'
import type { Reader } from './reader.js'

export interface HelperLimits {
  /** Processes in all, the stuck ones too. */
  readonly processes: number
  /** Of these may keep a device open, so that who holds one still finds a helper to flush and delete with. */
  readonly holding: number
  /** Kept for the next call however long that takes. */
  readonly idle: number
  /** What a storm has started beyond that is kept so long after the last call: starting a process is dearer than most calls. */
  readonly lingerMs: number
}
export const defaultHelperLimits: HelperLimits = { processes: 16, holding: 8, idle: 2, lingerMs: 5_000 }

export interface HelperStats {
  readonly processes: number
  readonly idle: number
  /** With a call that the kernel has not answered. */
  readonly busy: number
  /** With such a call whose caller has gone. */
  readonly stuck: number
  readonly holding: number
  readonly queued: number
}

/** What the pool knows of a job whatever its answer. */
type AnyJob = Pick<Job<unknown>, 'key' | 'holds' | 'waits' | 'run' | 'fail'>

export class HelperPool {
  readonly #start: () => HelperProcess
  readonly #limits: HelperLimits
  readonly #all = new Set<HelperProcess>()
  readonly #running = new Map<string, AnyJob>()
  #idle: HelperProcess[] = []
  #queue: AnyJob[] = []
  #holding = 0
  #trim: NodeJS.Timeout | undefined

  constructor(start: () => HelperProcess, limits: HelperLimits = defaultHelperLimits) {
    this.#start = start
    this.#limits = limits
  }
  /** One call. Calls with one key run one after another, in order; an abort of `signal` is answered at once. */
  async call(key: string, request: HelperRequest, signal: AbortSignal): Promise<Reader> {
    return await this.#submit<Reader>(key, false, signal, async (helper, job) => {
      job.answer(await helper.call(request))
      return 'free'
    })
  }
  /** Work that may keep its helper; it gives the helper back by {@link HelperPool.giveBack}. */
  async keep<T>(key: string, signal: AbortSignal, work: Work<T>): Promise<T> {
    return await this.#submit(key, true, signal, work)
  }
  giveBack(helper: HelperProcess): void {
    this.#holding -= 1
    this.#free(helper)
  }
  /** Of the processes that are there. */
  pids(): number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? [])
  }
  stats(): HelperStats {
    const running = [...this.#running.values()]
    return {
      processes: this.#all.size,
      idle: this.#idle.length,
      busy: running.length,
      stuck: running.filter((job) => !job.waits).length,
      holding: this.#holding,
      queued: this.#queue.length,
    }
  }

  async #submit<T>(key: string, holds: boolean, signal: AbortSignal, work: Work<T>): Promise<T> {
    signal.throwIfAborted()
    let helperOfJob: HelperProcess | undefined
    const job = new Job<T>(key, holds, (helper, self) => {
      helperOfJob = helper
      return work(helper, self)
    })
    job.follow(signal, () => {
      this.#queue = this.#queue.filter((queued) => queued !== job)
      helperOfJob?.keepsProcessAlive(false)
    })
    this.#queue.push(job)
    this.#dispatch()
    return await job.answered
  }

  #dispatch(): void {
    const left: AnyJob[] = []
    for (const job of this.#queue) {
      const mustWait = this.#running.has(job.key) || (job.holds && this.#holding >= this.#limits.holding)
      const helper = mustWait ? undefined : this.#take(job)
      if (helper === undefined) left.push(job)
      else void this.#serve(job, helper)
    }
    this.#queue = left.filter((job) => job.waits)
    if (this.#idle.length > this.#limits.idle) this.#endSurplusLater()
  }
  #endSurplusLater(): void {
    clearTimeout(this.#trim)
    this.#trim = setTimeout(() => {
      for (const surplus of this.#idle.splice(this.#limits.idle)) surplus.end()
    }, this.#limits.lingerMs).unref()
  }
  #take(job: AnyJob): HelperProcess | undefined {
    const idle = this.#idle.pop()
    if (idle !== undefined || this.#all.size >= this.#limits.processes) return idle
    try {
      const helper = this.#start()
      this.#all.add(helper)
      void helper.ended.then(() => this.#forget(helper))
      return helper
    } catch (error) {
      job.fail(error as Error)
      return undefined
    }
  }
  async #serve(job: AnyJob, helper: HelperProcess): Promise<void> {
    this.#running.set(job.key, job)
    if (job.holds) this.#holding += 1
    helper.keepsProcessAlive(true)
    let next: 'free' | 'keep' = 'free'
    try {
      next = await job.run(helper)
    } catch (error) {
      job.fail(error as Error)
    }
    helper.keepsProcessAlive(false)
    this.#running.delete(job.key)
    if (job.holds && next === 'free') this.#holding -= 1
    if (next === 'free') this.#free(helper)
    else this.#dispatch() // others may have waited for the key
  }
  #free(helper: HelperProcess): void {
    if (helper.alive) this.#idle.push(helper)
    this.#dispatch()
  }
  #forget(helper: HelperProcess): void {
    this.#all.delete(helper)
    this.#idle = this.#idle.filter((idle) => idle !== helper)
    this.#dispatch()
  }
}
