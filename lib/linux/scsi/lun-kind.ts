/** Recognizes what is at a LUN that is not a volume. */

/** The kernel's facts about a SCSI device. */
interface Unit {
  /** Peripheral device type; `undefined` when it can't be read. */
  readonly type: number | undefined
  /** Peripheral qualifier. */
  readonly qualifier: number
  readonly block: { readonly sizeBytes: number } | undefined
}

/** Peripheral device types (SPC-4 table 142) for which the kernel's disk driver creates a disk (drivers/scsi/sd.c, sd_probe). */
const DISK_TYPES: ReadonlySet<number> = new Set([0x00, 0x07, 0x0e, 0x14])
/** Types that applications use through another node. Like disks, they may be in use by a program. */
const DEVICE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x01, 'a tape drive'],
  [0x02, 'a printer'],
  [0x04, 'a write-once drive'],
  [0x05, 'a CD or DVD drive'],
  [0x06, 'a scanner'],
  [0x08, 'a medium changer'],
])
/** Types that represent the array itself. */
const OWN_TYPES: ReadonlyMap<number, string> = new Map([
  [0x03, 'a processor'],
  [0x0c, 'a RAID controller'],
  [0x0d, 'an enclosure'],
  [0x11, 'an object store'],
  [0x12, 'an automation interface'],
  [0x1e, 'a well-known logical unit'],
  [0x1f, 'a logical unit of no type'],
])
/** Peripheral qualifier (SPC-4 table 141): the target supports a logical unit here, but none is connected. */
const NOT_CONNECTED = 1

/** `undefined`: a volume, or a disk for which the kernel has not yet created a block device. */
export function notAVolume({ type, qualifier, block }: Unit): string | undefined {
  if (qualifier === NOT_CONNECTED) return 'a logical unit that is not connected'
  if (type !== undefined && !DISK_TYPES.has(type))
    return OWN_TYPES.get(type) ?? DEVICE_TYPES.get(type) ?? `a device of type ${type}, no disk`
  return block?.sizeBytes === 0 ? 'a placeholder of 0 bytes' : undefined
}

/** First bytes of standard INQUIRY data of what is no volume, whatever its size. */
export const NO_VOLUME: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => {
  const peripheral = peripheralOf(Uint8Array.of(byte))
  return peripheral !== undefined && notAVolume({ ...peripheral, block: undefined }) !== undefined
})

/** Whether the device is only a part of the target itself, with no application's data. */
export function isOfTarget({ type, qualifier, block }: Unit): boolean {
  return block === undefined && (qualifier === NOT_CONNECTED || (type !== undefined && OWN_TYPES.has(type)))
}

/** The first byte of standard INQUIRY data (SPC-4 6.6.2). */
export function peripheralOf(inquiry: Uint8Array | undefined): { readonly type: number; readonly qualifier: number } | undefined {
  const [first] = inquiry ?? []
  return first === undefined ? undefined : { type: first & 0x1f, qualifier: first >> 5 }
}
