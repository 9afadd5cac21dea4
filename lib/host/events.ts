/** The `Events` port. All watches share one native listener; a watch gets only the events that name one of its keys. */
import type { Events, UeventBatch, Uevent, Watch } from '../core/host.js'
import { systemError } from './errors.js'
import type { Addon } from './native.js'
import { keysOf, parseUevent } from './uevent.js'
import { KeyedWatch } from './watch.js'

export interface EventsParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Pick<Addon, 'listen' | 'unlisten'>
  /** File of the network namespace that udevd runs in, when it isn't that of this process. */
  readonly netns: string | undefined
  /** How long the listener stays open without a watch. */
  readonly idleMs?: number
}

/** Netlink groups: 1 kernel, 2 udev. */
const GROUPS = 3
const IDLE_MS = 5000

export function createEvents(parts: EventsParts): Events {
  const watches = new WatchesByKey()
  const readers = new Set<(batch: UeventBatch) => void>()
  const unused = () => watches.empty && readers.size === 0
  const hear = (batch: UeventBatch, overrun: boolean) => {
    if (overrun) watches.overrun()
    else if (batch.missed) watches.wakeAll()
    for (const event of batch.events) watches.see(event)
    for (const read of [...readers]) read(batch)
  }
  const listener = new Listener(parts, unused, hear)
  const rest = () => {
    if (unused()) listener.rest()
  }
  return {
    async watch(keys): Promise<Watch> {
      const watch: KeyedWatch = new KeyedWatch(
        (more) => watches.add(watch, more),
        (all) => {
          watches.remove(watch, all)
          rest()
        },
        () => listener.seen,
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
    async listen(onBatch) {
      const read = (batch: UeventBatch) => onBatch(batch)
      const end = () => {
        readers.delete(read)
        rest()
      }
      readers.add(read)
      try {
        await listener.start()
      } catch (error) {
        end()
        throw systemError(error)
      }
      return { [Symbol.dispose]: end }
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
  readonly #unused: () => boolean
  readonly #hear: (batch: UeventBatch, overrun: boolean) => void
  #handle: Promise<number> | undefined
  #idle: NodeJS.Timeout | undefined
  #lastSeqnum: number | undefined

  constructor(parts: EventsParts, unused: () => boolean, hear: (batch: UeventBatch, overrun: boolean) => void) {
    this.#parts = parts
    this.#unused = unused
    this.#hear = hear
  }
  /** The highest number of a kernel event; 0 while none has come, and after an overrun. */
  get seen(): number {
    return this.#lastSeqnum ?? 0
  }
  async start(): Promise<void> {
    clearTimeout(this.#idle)
    this.#handle ??= this.#listen()
    await this.#handle
  }
  /** Keeps the listener for a while, since the next attach is likely to come soon. */
  rest(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#stop(), this.#parts.idleMs ?? IDLE_MS).unref()
  }

  async #listen(): Promise<number> {
    this.#lastSeqnum = undefined
    try {
      return await this.#parts.addon().listen(GROUPS, this.#parts.netns, (messages) => this.#receive(messages))
    } catch (error) {
      this.#handle = undefined
      throw error
    }
  }
  async #stop(): Promise<void> {
    const handle = await this.#handle?.catch(() => undefined)
    if (handle === undefined || !this.#unused()) return
    this.#handle = undefined
    this.#parts.addon().unlisten(handle)
  }
  #receive(messages: readonly Uint8Array[]): void {
    let [overrun, gap] = [false, false]
    let events: Uevent[] = []
    const tell = () => {
      if (events.length > 0 || overrun) this.#hear({ events, missed: overrun || gap }, overrun)
    }
    for (const message of messages) {
      if (message.length === 0) {
        // Deliver what came before the overrun first. Its udev events also belong before the overrun.
        tell()
        ;[events, overrun, gap] = [[], true, false]
        // The overrun has already reported the gap in the numbers that it leaves.
        this.#lastSeqnum = undefined
        continue
      }
      const event = parseUevent(message)
      if (event === undefined) continue
      if (event.source === 'kernel' && this.#skips(event.seqnum)) gap = true
      events.push(event)
    }
    tell()
  }
  /**
   * True also for events of other network namespaces, which this socket never gets. Waking a watch costs little, and udev's progress is
   * kept.
   */
  #skips(seqnum: number): boolean {
    const last = this.#lastSeqnum
    if (last === undefined || seqnum > last) this.#lastSeqnum = seqnum
    return last !== undefined && seqnum > last + 1
  }
}
