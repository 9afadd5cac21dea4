import { addAbortListener, setMaxListeners } from 'node:events'

/** Why waits end that nobody needs any more: one for all of them, since making an error costs more than most waits. */
export const NOT_NEEDED = new DOMException('Nobody waits for it any more', 'AbortError')

/**
 * A signal of our own that follows others until it is disposed. Not `AbortSignal.any()`: on Node.js 20 that keeps every signal it has
 * seen alive for as long as a long-lived parent lives.
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController()
  readonly #links: Disposable[] = []

  constructor(...parents: (AbortSignal | undefined)[]) {
    // As many waits as an operation has; Node.js would warn of a leak at the eleventh.
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

/** The promise's outcome, or the signal's reason as soon as it aborts; the work itself goes on. */
export async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Nobody looks at it any more: its failure must not end the process as an unhandled rejection.
    work.catch(() => undefined)
    throw signal.reason
  }
  return await new Promise<T>((resolve, reject) => {
    const link = onAbort(signal, () => reject(signal.reason as Error))
    work.then(resolve, reject).finally(() => link[Symbol.dispose]())
  })
}

/** Resolves as the first of these waits does, or rejects as it does; the others are told to end. */
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
 * Acts once when the signal aborts, at once if it has. However many follow it, the signal has one listener, and none when nobody does: hundreds of
 * attaches with one signal are no leak, and the hundreds of short waits of an operation cost little.
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
