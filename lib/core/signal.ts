import { addAbortListener } from 'node:events'
import { LightSignal } from './light-signal.js'

/** The abort reason of waits that are no longer needed. It is shared, since creating an error costs more than most waits. */
export const NOT_NEEDED = new DOMException('No longer needed', 'AbortError')

/**
 * A signal that follows other signals until it is disposed. It replaces `AbortSignal.any()`, which on Node.js 20 keeps every signal it has
 * seen alive as long as a long-lived parent lives.
 */
export class LinkedSignal implements Disposable {
  readonly #signal = new LightSignal()
  readonly #links: Disposable[] = []

  constructor(...parents: (AbortSignal | undefined)[]) {
    for (const parent of parents) {
      if (parent === undefined) continue
      if (parent.aborted) {
        this.#signal.abort(parent.reason)
        break
      }
      this.#links.push(onAbort(parent, () => this.#signal.abort(parent.reason)))
    }
  }
  get signal(): AbortSignal {
    return this.#signal
  }
  abort(reason: unknown): void {
    this.#signal.abort(reason)
  }
  [Symbol.dispose](): void {
    for (const link of this.#links) link[Symbol.dispose]()
    this.#links.length = 0
  }
}

/** The outcome of the promise, or the reason of the signal as soon as it aborts. The work itself continues. */
export function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      // No caller handles this promise any more. Its rejection must not end the process as unhandled.
      work.catch(() => undefined)
      reject(signal.reason as Error)
      return
    }
    const link = onAbort(signal, () => reject(signal.reason as Error))
    const end = () => link[Symbol.dispose]()
    work.then(end, end)
    work.then(resolve, reject)
  })
}

/** Settles as the first of these waits does, and aborts the signal of the others. */
export async function first(signal: AbortSignal, ...waits: readonly ((ended: AbortSignal) => Promise<unknown>)[]): Promise<void> {
  const either = new LinkedSignal(signal)
  try {
    await Promise.race(waits.map((wait) => wait(either.signal)))
  } finally {
    either[Symbol.dispose]()
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
  if (signal instanceof LightSignal) return signal.follow(act)
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
