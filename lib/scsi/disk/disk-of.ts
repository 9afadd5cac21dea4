import { accessStateOf } from '../../linux/scsi/access-state.js'
import { type ScsiDisk, readDisk } from '../../linux/scsi/disk.js'
import type { HostObject } from '../../operation/entry.js'
import type { AttachedPath } from '../../api/attachment.js'
import { maybe } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { perOperation } from '../../operation/per-operation.js'
import type { NamedPath, Nexus, TargetPlace, Transport } from '../transport.js'
import { lunOf, nexusKeyOf } from './objects.js'

/** A nexus has one place as long as it exists, and its key is never used again. */
const places = perOperation<TargetPlace | undefined>()

/** The disk that is now at this LUN of the nexus. It may be another disk than the recorded one. */
export async function diskAt(operation: Operation, transport: Transport, nexus: string, lun: bigint): Promise<ScsiDisk | undefined> {
  const { host, signal } = operation
  const place = await places(operation, nexus, () => transport.place(operation, nexus))
  return place === undefined ? undefined : await readDisk(host, place.directory, lun, signal)
}
/** The path as an attachment shows it. */
export function describePath(transport: Transport, nexus: Nexus, disk: ScsiDisk): AttachedPath {
  const accessState = accessStateOf(disk.accessState)
  return { ...transport.describe(nexus, disk), ...(accessState === undefined ? {} : { accessState }) }
}
/** Names of the disks that the host has at these paths, whatever their state. */
export async function disksAt(operation: Operation, transport: Transport, named: readonly NamedPath[]): Promise<string[]> {
  const names: string[] = []
  for (const path of named) {
    const nexus = await transport.find(operation, path)
    const disk = nexus === undefined ? undefined : await diskAt(operation, transport, nexus.key, path.lun)
    if (disk?.block !== undefined) names.push(disk.block.name)
  }
  return names
}
/** The disk that is now at the nexus and LUN of this object. */
export async function diskOf(operation: Operation, transport: Transport, object: HostObject): Promise<ScsiDisk | undefined> {
  return await diskAt(operation, transport, nexusKeyOf(object), lunOf(object))
}
/**
 * Whether the disk is still the recorded one, by the kernel's WWID and diskseq. A value that was not recorded is not compared. A kernel that
 * finds disks by itself also removes them after a loss and finds them again: there, a disk with the WWID is the recorded one.
 */
export function isSameDisk({ adopts = false }: Pick<Transport, 'adopts'>, object: HostObject, disk: ScsiDisk): boolean {
  const same = (name: string, now: string | undefined) => maybe(object.data, name) === undefined || maybe(object.data, name) === now
  const mayReturn = adopts && maybe(object.data, 'kernelWwid') !== undefined
  return same('kernelWwid', disk.kernelWwid) && (mayReturn || same('diskseq', disk.block?.diskseq))
}
