/**
 * The helper processes. Calls that may block in the kernel forever run in one of them. An abandoned call keeps its helper and its key until
 * the kernel answers. Calls to other devices continue ({@link HelperPlaces}).
 */
import { defaultHelperLimits, type HelperCounts, type HelperLimits, HelperPlaces, type HelperSubject } from '../core/helper-places.js'
import type { HelperRequest } from './helper-frames.js'
import { Job, type Work } from './helper-job.js'
import type { HelperProcess } from './helper-process.js'
import type { Reader } from './reader.js'

export interface PoolLimits extends HelperLimits {
  /** Number of idle helpers that are always kept for the next call. */
  readonly idle: number
  /** How long after the last call the other idle helpers are kept. Starting a process costs more than most calls. */
  readonly lingerMs: number
}
export const defaultPoolLimits: PoolLimits = { ...defaultHelperLimits, idle: 2, lingerMs: 5_000 }

export interface HelperStats extends HelperCounts {
  readonly processes: number
  readonly idle: number
  readonly queued: number
}
/** The device of a call and its SCSI host. */
export type Asked = Pick<HelperSubject, 'key' | 'host'>

/** The part of a job that does not depend on the type of its answer. */
type AnyJob = Pick<Job<unknown>, keyof HelperSubject | 'waits' | 'run' | 'fail'>

export class HelperPool {
  readonly #start: () => HelperProcess
  readonly #limits: PoolLimits
  readonly #places: HelperPlaces<AnyJob>
  readonly #all = new Set<HelperProcess>()
  #idle: HelperProcess[] = []
  #queue: AnyJob[] = []
  #trim: NodeJS.Timeout | undefined

  constructor(start: () => HelperProcess, limits: PoolLimits = defaultPoolLimits) {
    this.#start = start
    this.#limits = limits
    this.#places = new HelperPlaces(limits)
  }
  /**
   * Makes one call. Calls with the same key run one after another, in order. An abort of `signal` rejects at once.
   * @throws `ERR_STUCK_IN_KERNEL` when too many abandoned calls of this SCSI host are stuck in the kernel
   */
  async call(asked: Asked, request: HelperRequest, signal: AbortSignal): Promise<Reader> {
    return await this.#submit<Reader>({ ...asked, holds: false }, signal, async (helper, job) => {
      job.answer(await helper.call(request))
      return 'free'
    })
  }
  /** Runs work that may keep its helper. That helper is returned with {@link HelperPool.giveBack}. */
  async keep<T>(asked: Asked, signal: AbortSignal, work: Work<T>): Promise<T> {
    return await this.#submit({ ...asked, holds: true }, signal, work)
  }
  giveBack(helper: HelperProcess): void {
    this.#places.release()
    this.#free(helper)
  }
  /** Pids of all running helpers. */
  pids(): number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? [])
  }
  stats(): HelperStats {
    return { processes: this.#all.size, idle: this.#idle.length, queued: this.#queue.length, ...this.#places.counts() }
  }

  async #submit<T>(subject: HelperSubject, signal: AbortSignal, work: Work<T>): Promise<T> {
    signal.throwIfAborted()
    let helperOfJob: HelperProcess | undefined
    const job = new Job<T>(subject, (helper, self) => {
      helperOfJob = helper
      return work(helper, self)
    })
    job.follow(signal, () => {
      this.#queue = this.#queue.filter((queued) => queued !== job)
      helperOfJob?.keepsProcessAlive(false)
      this.#places.abandon(job)
      this.#dispatch()
    })
    this.#queue.push(job)
    this.#dispatch()
    return await job.answered
  }

  #dispatch(): void {
    const left: AnyJob[] = []
    for (const job of this.#queue.splice(0)) {
      const refusal = this.#places.refusal(job)
      if (refusal !== undefined) job.fail(refusal)
      else if (this.#places.begin(job)) this.#begin(job)
      else left.push(job)
    }
    this.#queue.push(...left.filter((job) => job.waits))
    if (this.#idle.length > this.#limits.idle) this.#endSurplusLater()
  }
  #endSurplusLater(): void {
    clearTimeout(this.#trim)
    this.#trim = setTimeout(() => {
      for (const surplus of this.#idle.splice(this.#limits.idle)) surplus.end()
    }, this.#limits.lingerMs).unref()
  }
  #begin(job: AnyJob): void {
    try {
      void this.#serve(job, this.#idle.pop() ?? this.#started())
    } catch (error) {
      this.#places.end(job, false)
      job.fail(error as Error)
    }
  }
  #started(): HelperProcess {
    const helper = this.#start()
    this.#all.add(helper)
    void helper.ended.then(() => this.#forget(helper))
    return helper
  }
  async #serve(job: AnyJob, helper: HelperProcess): Promise<void> {
    helper.keepsProcessAlive(true)
    const slow = setTimeout(() => {
      this.#places.slow(job)
      this.#dispatch()
    }, this.#limits.slowMs).unref()
    let next: 'free' | 'keep' = 'free'
    try {
      next = await job.run(helper)
    } catch (error) {
      job.fail(error as Error)
    }
    clearTimeout(slow)
    helper.keepsProcessAlive(false)
    this.#places.end(job, next === 'keep')
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
