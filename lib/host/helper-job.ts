import type { HelperSubject } from '../core/helper-places.js'
import { onAbort } from '../core/signal.js'
import type { HelperProcess } from './helper-process.js'

/** What a job does with its helper. `keep`: the caller keeps the helper and gives it back later. */
export type Work<T> = (helper: HelperProcess, job: Job<T>) => Promise<'free' | 'keep'>

/** One request to the pool. Knows whether its caller still waits, since the kernel may answer long after the caller has stopped. */
export class Job<T> implements HelperSubject {
  readonly key: string
  readonly host: string
  readonly holds: boolean
  readonly #work: Work<T>
  readonly answered: Promise<T>
  #resolve: (value: T) => void = () => undefined
  #reject: (error: Error) => void = () => undefined
  #waits = true
  #link: Disposable | undefined

  constructor({ key, host, holds }: HelperSubject, work: Work<T>) {
    this.key = key
    this.host = host
    this.holds = holds
    this.#work = work
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }
  /** The caller waits until `signal` aborts; then calls `onGone`. */
  follow(signal: AbortSignal, onGone: () => void): void {
    this.#link = onAbort(signal, () => {
      if (!this.#stopWaiting()) return
      this.#reject(signal.reason as Error)
      onGone()
    })
  }
  get waits(): boolean {
    return this.#waits
  }
  run(helper: HelperProcess): Promise<'free' | 'keep'> {
    return this.#work(helper, this)
  }
  /** Returns `false` when the caller no longer waits. */
  answer(value: T): boolean {
    const taken = this.#stopWaiting()
    if (taken) this.#resolve(value)
    return taken
  }
  fail(error: Error): void {
    if (this.#stopWaiting()) this.#reject(error)
  }
  #stopWaiting(): boolean {
    const waited = this.#waits
    this.#waits = false
    this.#link?.[Symbol.dispose]()
    return waited
  }
}
