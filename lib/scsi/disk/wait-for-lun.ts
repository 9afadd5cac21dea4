import type { Operation } from '../../operation/operation.js'
import { rawLun } from '../../connection/lun.js'
import { type Attempt, BrickworkError, isBrickworkError } from '../../core/errors.js'
import { isHalfThere, readDisk, readDisks } from '../../linux/scsi/disk.js'
import { notAVolume } from '../../linux/scsi/lun-kind.js'
import { reportLuns } from '../../linux/scsi/report-luns.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import { type ScannedDisk, scanLun } from './scan-lun.js'

/** Pauses between scans: 50, 100, 200, 400 and 1000 ms after the first scan, then every second. */
const RESCAN_MS = [50, 50, 100, 200, 600] as const
const RESCAN_LATER_MS = 1000
/** Time for asking which LUNs there are. The answer only completes the error message. */
const INSTEAD_MS = 500
const SHOWN = 16

/**
 * Scans again on every path that came up, until one shows the LUN or the time of `policy.lun.waitMs` is over.
 * @throws the error that `failure` makes of the paths without the LUN.
 */
export async function waitForLun(
  operation: Operation,
  transport: Transport,
  candidates: readonly { readonly nexus: Nexus; readonly path: NamedPath }[],
  failure: (absent: readonly Attempt[]) => BrickworkError,
): Promise<ScannedDisk> {
  const { clock } = operation.host
  const { waitMs } = operation.policy.lun
  const givenUpAt = waitMs === 'deadline' ? Number.POSITIVE_INFINITY : clock.now() + waitMs
  for (let round = 0; candidates.length > 0; round++) {
    const pause = RESCAN_MS[round] ?? RESCAN_LATER_MS
    if (clock.now() + pause > givenUpAt || operation.remainingMs <= pause) break
    try {
      await clock.sleep(pause, operation.signal)
      for (const { nexus, path } of candidates) {
        const scanned = await scanLun(operation, transport, nexus, path)
        if (scanned !== undefined) return scanned
      }
    } catch (error) {
      // The time ran out during a scan. The result is that the LUN was not there.
      if (isBrickworkError(error, 'ERR_TIMEOUT') && operation.signal.aborted) break
      throw error
    }
  }
  const absent = candidates.map(async ({ nexus, path }): Promise<Attempt> => {
    // A scan over a nexus that is down finds nothing, and succeeds.
    const why = operation.signal.aborted ? undefined : await transport.whyDown?.(operation, nexus)
    if (why !== undefined) return { path: nexus.label, step: 'scan', code: 'ERR_TARGET_UNREACHABLE', message: why }
    return { path: nexus.label, step: 'scan', code: 'ERR_LUN_NOT_FOUND', message: await describeAbsence(operation, nexus, path) }
  })
  throw failure(await Promise.all(absent))
}

/** The failure of one path. The attach combines it with those of the other paths. */
export function absentHere([absent]: readonly Attempt[]): BrickworkError {
  const { code, message, step } = absent ?? { code: 'ERR_LUN_NOT_FOUND', message: 'The LUN is missing', step: 'scan' }
  return new BrickworkError(code, message, { step })
}

/** What is known of the absence. When the time is over, that is what the last scan has shown. */
async function describeAbsence(operation: Operation, nexus: Nexus, path: NamedPath): Promise<string> {
  try {
    return await findInstead(operation, nexus, path)
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_TIMEOUT') || !operation.signal.aborted) throw error
    return `${path.target} shows no LUN ${named(path.lun)} to this host`
  }
}

/** The device that is at the LUN instead of a volume, or the LUNs that the target shows instead. */
async function findInstead(operation: Operation, nexus: Nexus, { target, lun }: NamedPath): Promise<string> {
  const disk = await readDisk(operation.host, nexus.place.directory, lun, operation.signal)
  if (disk === undefined) return `${target} shows no LUN ${named(lun)} to this host${await insteadOf(operation, nexus)}`
  if (isHalfThere(disk)) return `LUN ${named(lun)} of ${target} exists as ${disk.hctl}, but the kernel is still removing or creating it`
  const what = notAVolume(disk)
  return what === undefined
    ? `LUN ${named(lun)} of ${target} exists as ${disk.hctl}, but the kernel has created no disk for it`
    : `LUN ${named(lun)} of ${target} is ${what}, not a volume`
}

/** From 256 on the addressing method matters, so the raw form is added. */
function named(lun: bigint): string {
  return lun < 256n ? String(lun) : `${lun} (${rawLun(lun)})`
}

/** The LUNs that the target does show, if one of its other disks can be asked and time is left. */
async function insteadOf(operation: Operation, { place }: Nexus): Promise<string> {
  const { host, signal } = operation
  if (operation.remainingMs === 0) return ''
  const disks = await readDisks(host, place.directory, signal)
  const sg = disks.find((disk) => disk.state === 'running')?.sg
  let luns: readonly bigint[] | undefined
  await operation.within(INSTEAD_MS, async (part) => {
    luns = sg === undefined ? undefined : await reportLuns(host, sg, part.signal)
  })
  return luns === undefined
    ? ''
    : ` (it shows ${luns.length === 0 ? 'none' : luns.slice(0, SHOWN).map(named).join(', ')}${luns.length > SHOWN ? ', …' : ''})`
}
