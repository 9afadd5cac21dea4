/** The port of the kernel's and udev's events. */

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
   * Starts listening for uevents whose DEVPATH has one of `keys` as a component (`host4`, `4:0:0:1`, `sda`, `dm-0`), or whose
   * DM_UUID is the key after `uuid:` (udev's copies, and the kernel's word of a path that fails or is back), or whose SUBSYSTEM is the key
   * after `subsystem:`. `dm-*` is every device-mapper device, and `disk:4:0:0:1` is a block device of this address, and whatever of it goes. Resolves when events that happen from now on are seen.
   */
  watch(keys: readonly string[]): Promise<Watch>
  /** Every event of the kernel and of udev, in batches as they come, until it is disposed. Resolves when events that happen from now on are seen. */
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
   * Resolves when an event has come since the last call (or since the start), at once if one already has; also after an overrun, when
   * nobody knows what was missed. Rejects with the signal's reason.
   */
  next(signal: AbortSignal): Promise<void>
  /** True while udev has yet to answer a kernel event of this block device that this watch has seen. */
  udevPending(name: string): boolean
}

const ADDRESS = /^[0-9]+:[0-9]+:[0-9]+:[0-9]+$/
/** Of the many events of a SCSI device those that bring or take its disk, for the components of their DEVPATH. */
export function diskKeys({ subsystem, action }: Uevent, names: readonly string[]): string[] {
  if (subsystem !== 'block' && action !== 'remove') return []
  return names.filter((name) => ADDRESS.test(name)).map((name) => `disk:${name}`)
}
