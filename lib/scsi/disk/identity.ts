/** Is it the right volume? Answered before the device is handed to anybody. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { first } from '../../core/signal.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { readCapacity } from '../../linux/scsi/capacity.js'
import { inquirePage } from '../../linux/scsi/inquiry.js'
import { DEVICE_IDENTIFICATION, parseDesignators, parseSerial, wwidOf } from '../../linux/scsi/vpd.js'
import { showsWwid } from '../../linux/scsi/wwid.js'
import type { Expected } from '../../api/attachment.js'
import type { Operation } from '../../operation/operation.js'

export interface Identity {
  readonly wwid: string | undefined
  readonly serial: string | undefined
}
export type Provable = Pick<BlockDevice, 'name' | 'sizeBytes' | 'vpd80' | 'vpd83' | 'sg'>

/**
 * Proves a SCSI disk. One that this attach's own scan brought in (`fresh`) is proven by the pages that the kernel has just read. One that was
 * there before may show another volume by now under its old pages: the device itself is asked.
 */
export async function prove(operation: Operation, disk: Provable, fresh: boolean, given: Expected | undefined): Promise<Identity> {
  const expected = given ?? {}
  const known = { vpd83: disk.vpd83 ?? new Uint8Array(), wwid: wwidOf(parseDesignators(disk.vpd83 ?? new Uint8Array())) }
  if (!fresh) await agreesWithItself(operation, disk, known.vpd83)
  const serial = disk.vpd80 === undefined ? undefined : parseSerial(disk.vpd80)
  const mismatch = (what: string, want: unknown, found: unknown) =>
    new BrickworkError(
      'ERR_IDENTITY_MISMATCH',
      `/dev/${disk.name} is another volume: ${what} is ${String(found)}, expected ${String(want)}`,
      {
        details: { device: `/dev/${disk.name}`, what, expected: want, found },
      },
    )
  if (expected.wwid !== undefined && !showsWwid(parseDesignators(known.vpd83), expected.wwid))
    throw mismatch('WWID', expected.wwid, known.wwid)
  if (expected.serial !== undefined && expected.serial !== serial) throw mismatch('serial number', expected.serial, serial)
  if (expected.sizeBytes !== undefined && expected.sizeBytes !== disk.sizeBytes)
    throw mismatch('size in bytes', expected.sizeBytes, disk.sizeBytes)
  const now = fresh || expected.sizeBytes === undefined ? undefined : await sizeNow(operation, disk)
  if (now !== undefined && now !== expected.sizeBytes) throw mismatch('size in bytes, by the device itself', expected.sizeBytes, now)
  const asked = expected.wwid ?? expected.serial
  if (operation.policy.identity === 'require' && given !== undefined && asked === undefined)
    throw new BrickworkError('ERR_INVALID_ARGUMENT', "expected: must name a wwid or serial when policy.identity is 'require'", {
      details: { field: 'expected' },
    })
  return { wwid: known.wwid, serial }
}

/** The kernel's idea of the disk is of a volume that is no longer there. */
export function isStale(error: unknown): boolean {
  return isBrickworkError(error, 'ERR_IDENTITY_MISMATCH') && error.details['stale'] === true
}

/** How long a silent disk is waited for once another one of the same map is proven: one that is well answers within milliseconds. */
const SILENT_MS = 1000

/** Proves what is attached already: one disk that answers is enough, one that shows another volume is too much. */
export async function proveAgain(operation: Operation, disks: readonly Provable[], expected: Expected | undefined): Promise<void> {
  const failures: unknown[] = []
  let proven = 0
  let tell: () => void = () => undefined
  const one = new Promise<void>((resolve) => (tell = resolve))
  const proofs = disks.map((disk) =>
    prove(operation, disk, false, expected).then(
      () => {
        proven += 1
        tell()
      },
      (error: unknown) => failures.push(error),
    ),
  )
  await first(
    operation.signal,
    () => Promise.all(proofs),
    (ended) => one.then(() => operation.host.clock.sleep(SILENT_MS, ended)),
  )
  const other = failures.find((failure) => !isBrickworkError(failure, 'ERR_IDENTITY_UNKNOWN'))
  if (other !== undefined) throw other as Error
  if (proven === 0 && failures.length > 0) throw failures[0] as Error
}

/** The kernel's number is from when it found the disk. */
async function sizeNow({ host, signal }: Operation, { sg }: Provable): Promise<number | undefined> {
  const capacity = sg === undefined ? undefined : await readCapacity(host, sg, signal)
  return capacity === undefined ? undefined : Number(capacity.blocks) * capacity.blockBytes
}

async function agreesWithItself(operation: Operation, disk: Provable, cached: Uint8Array): Promise<void> {
  const unknown = (why: string) =>
    new BrickworkError('ERR_IDENTITY_UNKNOWN', `/dev/${disk.name} was on the host before, and ${why}: which volume it shows is not known`, {
      details: { device: `/dev/${disk.name}` },
    })
  // Not a SCSI disk (virtio, a partition): nobody gives its number to another volume behind the kernel's back.
  if (disk.sg === undefined && disk.vpd83 === undefined) return
  if (disk.sg === undefined) throw unknown('it has no sg device to ask it by (modprobe sg)')
  const live = await inquirePage(operation.host, disk.sg, DEVICE_IDENTIFICATION, operation.signal)
  if (live === undefined) throw unknown('it does not answer an INQUIRY for page 0x83')
  const now = wwidOf(parseDesignators(live))
  const before = wwidOf(parseDesignators(cached))
  if (now === undefined && before === undefined) throw unknown('it shows no WWID, neither before nor now')
  if (now !== before)
    throw new BrickworkError(
      'ERR_IDENTITY_MISMATCH',
      `/dev/${disk.name} shows ${now ?? 'no WWID'} now, and ${before ?? 'none'} when the kernel found it: its LUN was given to another volume`,
      {
        details: { device: `/dev/${disk.name}`, found: now, before, stale: true },
      },
    )
}
