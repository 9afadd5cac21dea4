/**
 * A LUN that the array gave to another volume while its disk was attached here. Data written to the disk belongs to the former volume. A
 * flush now would write it to the other volume.
 */
import type { HostObject } from '../../operation/entry.js'
import { isStale, verifyIdentity } from '../../operation/identity.js'
import { scsiIdentity } from './identity.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { BlockOfDisk } from '../../linux/block/block.js'
import { failPath, removePath } from '../../multipath/remove-path.js'
import { DISK } from './objects.js'
import type { Transport } from '../transport.js'
import { diskOf, isSameDisk } from './disk-of.js'
import type { ReleaseReport } from '../../operation/release-report.js'

/** A healthy disk answers within milliseconds. The volume of a disk that does not answer is unknown. */
const ANSWER_MS = 1000
/** The error says which other volume the disk shows. */
type Finding = 'same' | 'unknown' | BrickworkError

/** Whether the disk still is the recorded volume, by a live INQUIRY. */
export async function verifySameVolume(
  operation: Operation,
  transport: Pick<Transport, 'adopts'>,
  object: HostObject,
  disk: ScsiDisk,
): Promise<Finding> {
  if (!isSameDisk(transport, object, disk)) return rescanned(disk)
  const { block, vpd80, vpd83, sg, state } = disk
  if (block === undefined || state !== 'running') return 'unknown'
  const answers: Finding[] = []
  await operation.within(ANSWER_MS, async (part) => {
    try {
      await verifyIdentity(part, scsiIdentity({ ...block, vpd80, vpd83, sg }), false, undefined)
      answers.push('same')
    } catch (error) {
      if (!isBrickworkError(error) || part.signal.aborted) throw error
      if (isStale(error)) answers.push(error)
    }
  })
  return answers[0] ?? 'unknown'
}

/**
 * Whether the map may be flushed: yes, if no path of it leads to another volume by now. Otherwise only if another path is verified to lead
 * to the right one. Then fails the wrong paths and removes them from the map.
 */
export async function mayFlush(operation: Operation, transport: Transport, map: MultipathMap, report: ReleaseReport): Promise<boolean> {
  const disks = operation.claim.entry.objects.filter(({ kind, data }) => kind === DISK && map.slaves.includes(String(data['name'])))
  const paths = (await Promise.all(disks.map((object) => query(operation, transport, object)))).filter((path) => path !== undefined)
  const wrong = paths.flatMap(({ block, finding }) => (finding instanceof BrickworkError ? [{ block, error: finding }] : []))
  for (const { block, error } of wrong) report.override('verify', `/dev/${block.name}`, error)
  if (wrong.length === 0) return true
  if (paths.every(({ finding }) => finding !== 'same')) return false
  for (const { block } of wrong) await failPath(operation, block)
  for (const { block } of wrong) await removePath(operation, block.name)
  return true
}

async function query(
  operation: Operation,
  transport: Transport,
  object: HostObject,
): Promise<{ block: BlockOfDisk; finding: Finding } | undefined> {
  const disk = await diskOf(operation, transport, object)
  return disk?.block === undefined ? undefined : { block: disk.block, finding: await verifySameVolume(operation, transport, object, disk) }
}
/** The error for a disk whose identity the kernel has read again since, because another program requested it. */
function rescanned({ block, hctl, wwid }: ScsiDisk): BrickworkError {
  const name = block === undefined ? hctl : `/dev/${block.name}`
  return new BrickworkError('ERR_IDENTITY_MISMATCH', `${name} is no longer the attached volume: it shows ${wwid ?? 'no WWID'}`)
}
