import { addAbortListener, setMaxListeners } from 'node:events'

/** The abort reason of waits that are no longer needed. It is shared, since creating an error costs more than most waits. */
export const NOT_NEEDED = new DOMException('No longer needed', 'AbortError')

/**
 * A signal that follows other signals until it is disposed. It replaces `AbortSignal.any()`, which on Node.js 20 keeps every signal it has
 * seen alive as long as a long-lived parent lives.
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController()
  readonly #links: Disposable[] = []

  constructor(...parents: (AbortSignal | undefined)[]) {
    // An operation has many waits. Node.js would report a leak at the eleventh listener.
    setMaxListeners(0, this.#controller.signal)
    for (const parent of parents) {
      if (parent === undefined) continue
      if (parent.aborted) {
        this.#controller.abort(parent.reason)
        break
      }
      this.#links.push(onAbort(parent, () => this.#controller.abort(parent.reason)))
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

/** The outcome of the promise, or the reason of the signal as soon as it aborts. The work itself continues. */
export async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // No caller handles this promise any more. Its rejection must not end the process as unhandled.
    work.catch(() => undefined)
    throw signal.reason
  }
  return await new Promise<T>((resolve, reject) => {
    const link = onAbort(signal, () => reject(signal.reason as Error))
    work.then(resolve, reject).finally(() => link[Symbol.dispose]())
  })
}

/** Settles as the first of these waits does, and aborts the signal of the others. */
export async function first(signal: AbortSignal, ...waits: readonly ((ended: AbortSignal) => Promise<unknown>)[]): Promise<void> {
  using either = new LinkedSignal(signal)
  try {
    await Promise.race(waits.map((wait) => wait(either.signal)))
  } finally {
    either.abort(NOT_NEEDED)
  }
}

const shared = new WeakMap<AbortSignal, { readonly acts: Set<() => void>; readonly link: Disposable }>()

/**
 * Calls `act` once when the signal aborts, or at once if it has aborted. A signal has one listener for all its followers, and none without
 * followers. So hundreds of attaches with one signal are no leak, and the many short waits of an operation are cheap.
 */
export function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) {
    act()
    return { [Symbol.dispose]: () => undefined }
  }
  const followers = shared.get(signal) ?? follow(signal)
  const own = () => act()
  followers.acts.add(own)
  return {
    [Symbol.dispose]: () => {
      followers.acts.delete(own)
      if (followers.acts.size > 0 || shared.get(signal) !== followers) return
      followers.link[Symbol.dispose]()
      shared.delete(signal)
    },
  }
}
function follow(signal: AbortSignal) {
  const acts = new Set<() => void>()
  const link = addAbortListener(signal, () => {
    shared.delete(signal)
    for (const act of [...acts]) act()
  })
  const followers = { acts, link }
  shared.set(signal, followers)
  return followers
}
