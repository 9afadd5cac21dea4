/** Uevents of the kernel and of udev, for users of this library. */
import { BoundedQueue, type EventStream } from './core/bounded-queue.js'
import type { Host, Uevent, UeventBatch } from './core/host.js'
import { type OptionKinds, requireKnownOptions } from './core/known-options.js'
import { onAbort } from './core/signal.js'
import { createHost } from './host/create-host.js'

/** Options of {@link uevents}. */
export interface UeventsOptions {
  /**
   * The host: from {@link createHost}, or a `FakeHost` in tests.
   * @default createHost()
   */
  readonly host?: Host | undefined
  /** Subsystems whose events are wanted: `block`, `scsi`, `iscsi_session`, `nvme`, … Default: all. */
  readonly subsystems?: readonly string[] | undefined
  /**
   * Sources whose events are wanted. Default: both.
   * - `kernel`: the kernel's own event, at once
   * - `udev`: udev's copy, after its rules have run, with the properties that they set
   */
  readonly sources?: readonly Uevent['source'][] | undefined
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
}
/** The uevents since the last read. */
export interface ReadUevents extends UeventBatch {
  /** How many events were dropped before these, because this program read too slowly. `missed` is then set too. */
  readonly dropped: number
}
/** Batches of uevents. `break`, `return()` or the signal ends it. A pending `next()` keeps the process alive. */
export type UeventStream = EventStream<ReadUevents>

/** Number of events that are kept for a slow reader. Older events are dropped, and `missed` and `dropped` report that. */
const MOST_WAITING = 20_000
/** Stands in the queue where the kernel or the socket has lost events. */
const GAP = Symbol('gap')

const kinds: OptionKinds<UeventsOptions> = { host: 'any', subsystems: 'any', sources: 'any', signal: 'signal' }

/**
 * Listens for uevents of the kernel and of udev. When it resolves, no later event is missed. Events that arrive between two reads come as
 * one batch. A reader that does not read loses the oldest events beyond 20,000; `missed` and `dropped` of the next batch report that.
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT`, `ERR_NATIVE_UNAVAILABLE` or `ERR_PERMISSION`. Rejects with the signal's reason if it has aborted already.
 */
export async function uevents(options: UeventsOptions = {}): Promise<UeventStream> {
  requireKnownOptions(options, kinds, 'uevents()')
  const { host = createHost(), subsystems, sources, signal } = options
  signal?.throwIfAborted()
  const isWanted = ({ subsystem, source }: Uevent) => (subsystems?.includes(subsystem) ?? true) && (sources?.includes(source) ?? true)
  const links: Disposable[] = []
  const queue = new BoundedQueue<Uevent | typeof GAP, ReadUevents>({
    clock: host.clock,
    most: MOST_WAITING,
    take: (waiting, dropped) => {
      const all = waiting.splice(0)
      const events = all.filter((each) => each !== GAP)
      return { events, missed: dropped > 0 || events.length < all.length, dropped }
    },
    onEnd: () => {
      for (const link of links.splice(0)) link[Symbol.dispose]()
    },
  })
  links.push(
    await host.events.listen(({ events, missed }) => {
      const wanted = events.filter(isWanted)
      queue.pushAll(missed ? [GAP, ...wanted] : wanted)
    }),
  )
  if (signal !== undefined) links.push(onAbort(signal, () => queue.end()))
  return queue
}
