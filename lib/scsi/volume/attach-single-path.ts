import type { Expected } from '../../api/attachment.js'
import type { Connection } from '../../api/connection.js'
import type { Attempt } from '../../core/errors.js'
import { takesIo } from '../../linux/scsi/access-state.js'
import { allFailed, toAttempt } from '../../operation/attempts.js'
import type { AttachedDevice } from '../../operation/connector.js'
import { requireNotBuiltOn } from '../../operation/not-built-on.js'
import type { Operation } from '../../operation/operation.js'
import { requireOneUp } from '../disk/answers.js'
import { adoptUnused } from '../disk/adopt-disk.js'
import { bringUp } from '../disk/bring-up.js'
import { describePath, disksAt } from '../disk/disk-of.js'
import { scsiIdentity } from '../disk/identity.js'
import type { ScannedDisk } from '../disk/scan-lun.js'
import { verifyOrReplace } from '../disk/verify-disk.js'
import { waitForLun } from '../disk/wait-for-lun.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import { sharePath } from './write-protection.js'
import { requireNoMapBeside } from './same-volume.js'
import { releaseOthers } from './release-paths.js'

/** Tries the paths in their order until one gives the device, then removes what was created for the others. */
export async function attachOverOnePath(
  operation: Operation,
  transport: Transport,
  connection: Connection,
  named: readonly NamedPath[],
  expected: Expected,
): Promise<AttachedDevice> {
  const paths = surestFirst(operation, transport, named)
  const attempts: Attempt[] = []
  const withoutLun: { nexus: Nexus; path: NamedPath }[] = []
  let scanned: ScannedDisk | undefined
  for (const [index, path] of paths.entries()) {
    try {
      const shareMs = operation.remainingMs / (paths.length - index)
      const up = await bringUp(operation, transport, path, connection, shareMs)
      const { nexus } = up
      scanned = up.scanned
      if (scanned !== undefined && takesIo(scanned.disk.accessState)) break
      if (scanned === undefined) withoutLun.push({ nexus, path })
      else attempts.push(withoutIo(scanned))
      scanned = undefined
    } catch (error) {
      attempts.push(toAttempt(operation, path.label, error, false))
    }
  }
  scanned ??= await waitForLun(operation, transport, withoutLun, (absent) => allFailed([...attempts, ...absent]))
  const verified = await verifyOrReplace(operation, transport, scanned, expected)
  const { device, identity } = verified
  const { path, nexus, disk, fresh } = verified.scanned
  // A disk of this attach's own scan has just been read. It is looked at again when udev has processed it, before it is handed out.
  if (!fresh) await requireNotBuiltOn(operation, device.name)
  await adoptUnused(operation, transport, verified.scanned, expected)
  await sharePath(operation, device)
  await releaseOthers(operation, transport, path, nexus)
  const others = named.filter((each) => each !== path)
  await requireNoMapBeside(operation, device, identity, await disksAt(operation, transport, others))
  return {
    device,
    sinceMs: verified.scanned.sinceMs,
    sources: [scsiIdentity(device)],
    paths: [describePath(transport, nexus, disk)],
    degraded: named.length > 1,
    named: named.length,
    ...(fresh ? {} : { before: [device.name] }),
    confirm: () => requireOneUp(operation, transport, [nexus]),
    ...identity,
  }
}

/** The array says that this path takes no reads and writes. Another path may take them. */
function withoutIo({ path: { label }, disk: { accessState = '' } }: ScannedDisk): Attempt {
  return {
    path: label,
    step: 'scan',
    code: 'ERR_TARGET_UNREACHABLE',
    message: `the array accepts no reads and writes at ${label}: this path is ${accessState} (ALUA)`,
  }
}

/** Paths that failed a moment ago come last. */
function surestFirst(operation: Operation, transport: Transport, paths: readonly NamedPath[]): NamedPath[] {
  const doubtful = paths.filter((path) => transport.isDoubtful?.(operation, path) === true)
  return [...paths.filter((path) => !doubtful.includes(path)), ...doubtful]
}
