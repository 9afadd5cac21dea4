/** The port for uevents of the kernel and of udev. */

/** A kernel uevent (netlink group 1) or udev's copy of it after its rules have run (group 2). */
export interface Uevent {
  /** Sender of the event: the kernel, or udev after its rules have run. */
  readonly source: 'kernel' | 'udev'
  /** `add`, `remove`, `change`, `move`, `online`, `offline`, `bind`, `unbind` */
  readonly action: string
  /** Directory of the device in sysfs, without `/sys`. */
  readonly devpath: string
  /** Subsystem of the device: `block`, `scsi`, … */
  readonly subsystem: string
  /** The kernel's sequence number of the event. */
  readonly seqnum: number
  /** All properties of the event: `DEVNAME`, `MAJOR`, … */
  readonly properties: ReadonlyMap<string, string>
}
export interface Events {
  /**
   * Watches for uevents that match one of `keys`. When it resolves, no later event is missed.
   * - `host4`, `4:0:0:1`, `sda`, `dm-0`: a component of DEVPATH
   * - `uuid:…`: the DM_UUID, which udev's copies have, and the kernel's events of a path that fails or is reinstated
   * - `subsystem:…`: the SUBSYSTEM
   * - `dm-*`: any device-mapper device
   * - `disk:4:0:0:1`: a block device at this SCSI address, and the removal of any device at it
   */
  watch(keys: readonly string[]): Promise<Watch>
  /** Passes on every event of the kernel and of udev, in batches, until it is disposed. When it resolves, no later event is missed. */
  listen(onBatch: (batch: UeventBatch) => void): Promise<Disposable>
}
/** Uevents that arrived together. */
export interface UeventBatch {
  /** The events, in the order of arrival. */
  readonly events: readonly Uevent[]
  /** Whether events may be missing before these or among them: an overrun, or a gap in the sequence numbers. Query the state again then. */
  readonly missed: boolean
}
export interface Watch extends Disposable {
  /** Adds keys to a running watch. */
  add(keys: readonly string[]): void
  /**
   * Resolves when an event has arrived since the last call or since the start: at once, if one has arrived already. Resolves after an
   * overrun too, since events may be missing then. Rejects with the signal's reason.
   * @param isNews events for which it returns false don't end the wait, nor the next one. It is not called for those before this call.
   */
  next(signal: AbortSignal, isNews?: (event: Uevent) => boolean): Promise<void>
  /** The highest number of a kernel event that has arrived, whatever its keys: what you read now shows all that was before. 0 if unknown. */
  readonly seen: number
  /** Events until now don't make `next` resolve. Call it before you read the state, which shows what they were about. */
  forget(): void
  /** Whether this watch has seen a kernel event of this block device whose udev copy has not arrived yet. */
  udevPending(name: string): boolean
}

const ADDRESS = /^[0-9]+:[0-9]+:[0-9]+:[0-9]+$/
/** The `disk:` keys of an event, if it adds, changes or removes the disk at a SCSI address. @param names the components of its DEVPATH */
export function diskKeys({ subsystem, action }: Uevent, names: readonly string[]): string[] {
  if (subsystem !== 'block' && action !== 'remove') return []
  return names.filter((name) => ADDRESS.test(name)).map((name) => `disk:${name}`)
}
