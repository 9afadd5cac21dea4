import { addAbortListener } from 'node:events'

/**
 * A signal of our own that follows others until it is disposed. Not `AbortSignal.any()`: on Node.js 20 that keeps every signal it has
 * seen alive for as long as a long-lived parent lives.
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController()
  readonly #links: Disposable[] = []

  constructor(...parents: (AbortSignal | undefined)[]) {
    for (const parent of parents) {
      if (parent === undefined) continue
      if (parent.aborted) {
        this.#controller.abort(parent.reason)
        break
      }
      this.#links.push(addAbortListener(parent, () => this.#controller.abort(parent.reason)))
    }
  }
  get signal(): AbortSignal {
    return this.#controller.signal
  }
  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }
  [Symbol.dispose](): void {
    for (const link of this.#links.splice(0)) link[Symbol.dispose]()
  }
}

/** The promise's outcome, or the signal's reason as soon as it aborts; the work itself goes on. */
export async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  return await new Promise<T>((resolve, reject) => {
    const link = addAbortListener(signal, () => reject(signal.reason as Error))
    work.then(resolve, reject).finally(() => link[Symbol.dispose]())
  })
}
