import type { Base } from './base.js'

/** The file that exists as long as udevd has events to process. */
const QUEUE = '/run/udev/queue'

interface Job {
  readonly key: string
  readonly needsMs: number
  /** udevd does not begin the event before this time. */
  readonly dueAt: number
  readonly finish: () => void
}

/**
 * udevd's queue. Events of one device are processed one after another, and at most `udevWorkers` events at once, in the order in which they
 * may begin.
 */
export class UdevQueue {
  readonly #base: Base
  /** By device. The first job of each may have begun. */
  readonly #byKey = new Map<string, Job[]>()
  /** The first jobs of their devices, once they may begin. */
  #ready: Job[] = []
  #running = 0
  #occupiedUntil = 0
  readonly #slow = new Map<string, number>()

  constructor(base: Base) {
    this.#base = base
  }
  add(key: string, needsMs: number, finish: () => void): void {
    const { settings, timeline, tree } = this.#base
    const behindMs = settings.udevBehindMs === 0 ? 0 : this.#base.delay(settings.udevBehindMs)
    const job = { key, needsMs, finish, dueAt: timeline.now + behindMs }
    const jobs = this.#byKey.get(key) ?? []
    this.#byKey.set(key, jobs)
    if (this.#byKey.size === 1) tree.file(QUEUE, '')
    jobs.push(job)
    if (jobs.length === 1) this.#isFirst(job)
  }
  occupy(ms: number): void {
    this.#occupiedUntil = Math.max(this.#occupiedUntil, this.#base.timeline.now + ms)
    this.#base.after(ms, () => this.#begin())
  }
  /** From now on, events of this device take so many virtual milliseconds. */
  slow(key: string, ms: number): void {
    this.#slow.set(key, ms)
  }
  clear(): void {
    this.#byKey.clear()
    this.#ready = []
    this.#running = 0
    this.#base.tree.remove(QUEUE)
  }

  /** The job is the first one of its device. */
  #isFirst(job: Job): void {
    const waitMs = job.dueAt - this.#base.timeline.now
    if (waitMs > 0) {
      this.#base.after(waitMs, () => {
        if (this.#byKey.get(job.key)?.[0] === job) this.#isFirst(job)
      })
      return
    }
    this.#ready.push(job)
    this.#begin()
  }
  #begin(): void {
    const { udevWorkers } = this.#base.settings
    if (this.#base.timeline.now < this.#occupiedUntil) return
    for (const job of this.#ready.splice(0, Math.max(0, udevWorkers - this.#running))) {
      this.#running += 1
      this.#base.after(this.#base.delay(this.#slow.get(job.key) ?? job.needsMs), () => this.#end(job))
    }
  }
  #end(job: Job): void {
    const jobs = this.#byKey.get(job.key)
    if (jobs?.[0] !== job) return
    jobs.shift()
    this.#running -= 1
    job.finish()
    const next = jobs.at(0)
    if (next !== undefined) this.#isFirst(next)
    else this.#byKey.delete(job.key)
    if (this.#byKey.size === 0) this.#base.tree.remove(QUEUE)
    this.#begin()
  }
}
