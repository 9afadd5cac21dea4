/** The `Events` port: one native listener for all watches, and each event only to those who wait for something it names. */
import type { Events, Uevent, Watch } from '../core/host.js'
import { systemError } from './errors.js'
import type { Addon } from './native.js'
import { keysOf, parseUevent } from './uevent.js'
import { KeyedWatch } from './watch.js'

export interface EventsParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Pick<Addon, 'listen' | 'unlisten'>
  /** File of the network namespace in which udevd runs, when it isn't ours. */
  readonly netns: string | undefined
  /** So long the listener stays without a watch. */
  readonly idleMs?: number
}

/** Kernel and udev. */
const GROUPS = 3
const IDLE_MS = 5000

export function createEvents(parts: EventsParts): Events {
  const watches = new WatchesByKey()
  const listener = new Listener(parts, watches)
  return {
    async watch(keys): Promise<Watch> {
      const watch: KeyedWatch = new KeyedWatch(
        (more) => watches.add(watch, more),
        (all) => {
          watches.remove(watch, all)
          if (watches.empty) listener.rest()
        },
      )
      watches.add(watch, [])
      watch.add(keys)
      try {
        await listener.start()
      } catch (error) {
        watch[Symbol.dispose]()
        throw systemError(error)
      }
      return watch
    },
  }
}

class WatchesByKey {
  readonly #all = new Set<KeyedWatch>()
  readonly #byKey = new Map<string, Set<KeyedWatch>>()

  get empty(): boolean {
    return this.#all.size === 0
  }
  add(watch: KeyedWatch, keys: readonly string[]): void {
    this.#all.add(watch)
    for (const key of keys) {
      const set = this.#byKey.get(key)
      if (set === undefined) this.#byKey.set(key, new Set([watch]))
      else set.add(watch)
    }
  }
  remove(watch: KeyedWatch, keys: ReadonlySet<string>): void {
    this.#all.delete(watch)
    for (const key of keys) {
      const set = this.#byKey.get(key)
      set?.delete(watch)
      if (set?.size === 0) this.#byKey.delete(key)
    }
  }
  see(event: Uevent): void {
    const interested = new Set(keysOf(event).flatMap((key) => [...(this.#byKey.get(key) ?? [])]))
    for (const watch of interested) watch.see(event)
  }
  overrun(): void {
    for (const watch of this.#all) watch.overrun()
  }
  wakeAll(): void {
    for (const watch of this.#all) watch.wake()
  }
}

class Listener {
  readonly #parts: EventsParts
  readonly #watches: WatchesByKey
  #handle: Promise<number> | undefined
  #idle: NodeJS.Timeout | undefined
  #lastSeqnum: number | undefined

  constructor(parts: EventsParts, watches: WatchesByKey) {
    this.#parts = parts
    this.#watches = watches
  }
  async start(): Promise<void> {
    clearTimeout(this.#idle)
    this.#handle ??= this.#listen()
    await this.#handle
  }
  /** Kept for a while: the next attach is likely to come soon. */
  rest(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#stop(), this.#parts.idleMs ?? IDLE_MS).unref()
  }

  async #listen(): Promise<number> {
    this.#lastSeqnum = undefined
    try {
      return await this.#parts.addon().listen(GROUPS, this.#parts.netns, (batch) => this.#receive(batch))
    } catch (error) {
      this.#handle = undefined
      throw error
    }
  }
  async #stop(): Promise<void> {
    const handle = await this.#handle?.catch(() => undefined)
    if (handle === undefined || !this.#watches.empty) return
    this.#handle = undefined
    this.#parts.addon().unlisten(handle)
  }
  #receive(batch: readonly Uint8Array[]): void {
    let gap = false
    for (const message of batch) {
      if (message.length === 0) {
        this.#watches.overrun()
        continue
      }
      const event = parseUevent(message)
      if (event === undefined) continue
      if (event.source === 'kernel' && this.#skips(event.seqnum)) gap = true
      this.#watches.see(event)
    }
    if (gap) this.#watches.wakeAll()
  }
  /** Also for events of other network namespaces, which we never get: waking costs little. What udev still owes is not forgotten then. */
  #skips(seqnum: number): boolean {
    const last = this.#lastSeqnum
    if (last === undefined || seqnum > last) this.#lastSeqnum = seqnum
    return last !== undefined && seqnum > last + 1
  }
}
