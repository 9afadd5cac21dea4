/**
 * Verifies that a device is the requested volume, before the caller gets it. Each connector reads the identities that its devices report.
 */
import type { Expected, VolumeIdentity } from '../api/attachment.js'
import { type Meaning, meaningOfNguid, meaningOfUuid, meaningOfWwid } from '../core/volume-name.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import { first } from '../core/signal.js'
import type { Operation } from './operation.js'

/** The identity that a device reports. */
export interface ShownIdentity {
  readonly identity: VolumeIdentity | null
  readonly wwid: string | undefined
  readonly serial: string | undefined
  /** All names that the device reports for its volume, each in one spelling. */
  readonly names: readonly string[]
}
/** A device whose identity can be verified. */
export interface IdentitySource {
  /** `/dev/sdb` */
  readonly device: string
  /** The identity as the kernel read it. */
  readonly shown: ShownIdentity
  readonly sizeBytes: number
  /**
   * Verifies that the device itself still reports what the kernel has read.
   * @throws `ERR_IDENTITY_UNKNOWN` when it does not answer; `ERR_IDENTITY_MISMATCH`, with `details.stale`, when it reports another volume.
   */
  verifyLive(operation: Operation): Promise<void>
  /** The size that the device itself reports; `undefined` when it can't be queried. */
  liveSize(operation: Operation): Promise<number | undefined>
}

/**
 * Verifies a device. For a device that this attach's own scan created (`fresh`), uses what the kernel has just read. A device that existed
 * before may be another volume by now, so the device itself is queried.
 */
export async function verifyIdentity(
  operation: Operation,
  source: IdentitySource,
  fresh: boolean,
  given: Expected | undefined,
): Promise<ShownIdentity> {
  const expected = given ?? {}
  const { device, shown, sizeBytes } = source
  if (!fresh) await source.verifyLive(operation)
  const mismatch = (what: string, want: unknown, found: unknown) =>
    new BrickworkError('ERR_IDENTITY_MISMATCH', `${device} is another volume: ${what} is ${String(found)}, expected ${String(want)}`, {
      details: { device, what, expected: want, found },
    })
  const isNamed = (meaning: Meaning) => meaning.some((name) => shown.names.includes(name))
  const ofKind = (kind: string) => shown.names.filter((name) => name.startsWith(kind)).join(', ') || undefined
  const { wwid, uuid, nguid } = expected
  if (wwid !== undefined && !isNamed(meaningOfWwid(wwid))) throw mismatch('WWID', wwid, shown.wwid)
  if (uuid !== undefined && !isNamed(meaningOfUuid(uuid))) throw mismatch('UUID', uuid, ofKind('uuid.'))
  if (nguid !== undefined && !isNamed(meaningOfNguid(nguid))) throw mismatch('NGUID', nguid, ofKind('eui.'))
  if (expected.serial !== undefined && expected.serial !== shown.serial) throw mismatch('serial number', expected.serial, shown.serial)
  if (expected.sizeBytes === undefined) return shown
  // The kernel's size dates from the scan or from the last rescan.
  const now = fresh ? undefined : await source.liveSize(operation)
  if (now !== undefined && now !== expected.sizeBytes) throw mismatch('size in bytes', expected.sizeBytes, now)
  if (now === undefined && expected.sizeBytes !== sizeBytes) throw mismatch('size in bytes', expected.sizeBytes, sizeBytes)
  return shown
}

/** The kernel's data is about a volume that is no longer there. */
export function isStale(error: unknown): boolean {
  return isBrickworkError(error, 'ERR_IDENTITY_MISMATCH') && error.details['stale'] === true
}

/**
 * How long to wait for silent devices after another device of the same volume is verified: a healthy device answers within milliseconds.
 */
const SILENT_MS = 1000

/**
 * Verifies a volume that is already attached. One device that confirms its identity is enough; one that reports another volume is an error.
 */
export async function reverify(operation: Operation, sources: readonly IdentitySource[], expected: Expected | undefined): Promise<void> {
  const failures: unknown[] = []
  let verified = 0
  let wake: () => void = () => undefined
  const one = new Promise<void>((resolve) => (wake = resolve))
  const answers = sources.map((source) =>
    verifyIdentity(operation, source, false, expected).then(
      () => {
        verified += 1
        wake()
      },
      (error: unknown) => failures.push(error),
    ),
  )
  await first(
    operation.signal,
    () => Promise.all(answers),
    (ended) => one.then(() => operation.host.clock.sleep(SILENT_MS, ended)),
  )
  const other = failures.find((failure) => !isBrickworkError(failure, 'ERR_IDENTITY_UNKNOWN'))
  if (other !== undefined) throw other as Error
  if (verified === 0 && failures.length > 0) throw failures[0] as Error
}
