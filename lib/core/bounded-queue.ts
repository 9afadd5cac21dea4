import type { Clock } from './host.js'

/**
 * Values for one reader: `for await`, or `next()`. While the reader waits for a value, the process stays alive. `break`, an error thrown in
 * the loop, `return()` or the end of an `await using` block ends the stream, and leaves nothing behind.
 */
export interface EventStream<V> extends AsyncIterableIterator<V, undefined>, AsyncDisposable {
  /** How many values this reader has lost since the stream began, because it did not read them in time. */
  readonly missed: number
  /** Ends the stream. */
  return(): Promise<IteratorResult<V, undefined>>
  /** The stream itself: a stream has one reader. */
  [Symbol.asyncIterator](): this
}

export interface QueueOptions<T, V> {
  /** A reader that waits keeps the process alive by this. */
  readonly clock: Pick<Clock, 'keepAlive'>
  /** Items that wait at most. Beyond this number the oldest are dropped, so that memory does not grow. */
  readonly most: number
  /** Removes the next value from the items that wait. `missed`: how many were dropped since the last value. One of both is there. */
  readonly take: (waiting: T[], missed: number) => V
  /** Runs once, when the queue ends. A reader that leaves waits for it. */
  readonly onEnd?: () => Promise<void> | void
}
interface Reader<V> {
  readonly resolve: (result: IteratorResult<V, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** The one queue between what reports and who reads. */
export class BoundedQueue<T, V = T> implements EventStream<V> {
  readonly #options: QueueOptions<T, V>
  readonly #waiting: T[] = []
  readonly #readers: Reader<V>[] = []
  #untold = 0
  #missed = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #cleanUp: Promise<void> | undefined
  #alive: Disposable | undefined
  #wake: ((isWanted: boolean) => void)[] = []

  constructor(options: QueueOptions<T, V>) {
    this.#options = options
  }
  get missed(): number {
    return this.#missed
  }
  get ended(): boolean {
    return this.#ended
  }
  push(item: T): void {
    this.pushAll([item])
  }
  /** Adds items that came together. */
  pushAll(items: readonly T[]): void {
    if (this.#ended || items.length === 0) return
    for (const item of items) this.#waiting.push(item)
    const dropped = this.#waiting.splice(0, this.#waiting.length - this.#options.most).length
    this.#untold += dropped
    this.#missed += dropped
    const reader = this.#readers.shift()
    reader?.resolve({ done: false, value: this.#take() })
    this.#rest()
  }
  /** What waits is still read. After that the stream is over, or fails once with the error. */
  end(failure?: { readonly error: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#cleanUp = Promise.resolve(this.#options.onEnd?.())
    this.#cleanUp.catch(() => undefined) // a reader that leaves gets it
    for (const reader of this.#readers.splice(0)) this.#finish().then(reader.resolve, reader.reject)
    this.#rest()
    for (const wake of this.#wake.splice(0)) wake(false)
  }
  /** For a source that is asked: resolves when a reader waits; `false` when the queue has ended. */
  async wanted(): Promise<boolean> {
    if (this.#ended) return false
    if (this.#readers.length > 0) return true
    return await new Promise((resolve) => this.#wake.push(resolve))
  }

  async next(): Promise<IteratorResult<V, undefined>> {
    if (this.#waiting.length > 0 || this.#untold > 0) return { done: false, value: this.#take() }
    if (this.#ended) return await this.#finish()
    const value = new Promise<IteratorResult<V, undefined>>((resolve, reject) => this.#readers.push({ resolve, reject }))
    this.#alive ??= this.#options.clock.keepAlive()
    for (const wake of this.#wake.splice(0)) wake(true)
    return await value
  }
  async return(): Promise<IteratorResult<V, undefined>> {
    this.end()
    this.#waiting.length = 0
    this.#untold = 0
    this.#failure = undefined
    await this.#cleanUp
    return { done: true, value: undefined }
  }
  async throw(error: unknown): Promise<IteratorResult<V, undefined>> {
    await this.return()
    throw error
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): V {
    const missed = this.#untold
    this.#untold = 0
    return this.#options.take(this.#waiting, missed)
  }
  async #finish(): Promise<IteratorResult<V, undefined>> {
    const failure = this.#failure
    this.#failure = undefined
    await this.#cleanUp
    if (failure !== undefined) throw failure.error as Error
    return { done: true, value: undefined }
  }
  #rest(): void {
    if (this.#readers.length > 0) return
    this.#alive?.[Symbol.dispose]()
    this.#alive = undefined
  }
}
