/** Removes what an attach created for single paths: an unused path could later become a second path of a map. */
import type { ReleaseOptions } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { ReleaseReport } from '../../operation/release-report.js'
import { DISK, lunOf, nexusKeyOf } from '../disk/objects.js'
import { releaseDisk } from '../disk/remove-disk.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import { releaseMap, unknownMaps } from './remove-map.js'

/** Removes what was created for all paths but this one. */
export async function releaseOthers(operation: Operation, transport: Transport, path: NamedPath, nexus: Nexus): Promise<void> {
  const isOther = (object: HostObject) => (object.kind === DISK ? !isAt(object, nexus, path) : transport.belongs?.(object, path) !== true)
  await releaseObjects(operation, transport, operation.claim.entry.objects.filter(isOther))
}

/**
 * Removes what was created for this path, and nothing else. `nexus`: the nexus that the path came up to, if it did. `stay`: keys of objects
 * that are not touched.
 */
export async function releasePath(
  operation: Operation,
  transport: Transport,
  path: NamedPath,
  nexus: Nexus | undefined,
  stay: ReadonlySet<string> = new Set(),
): Promise<void> {
  const isPart = (object: HostObject) => (object.kind === DISK ? isAt(object, nexus, path) : transport.belongs?.(object, path) === true)
  await releaseObjects(
    operation,
    transport,
    operation.claim.entry.objects.filter((object) => !stay.has(object.key) && isPart(object)),
  )
}

/** A volume may have two LUNs at one nexus. */
function isAt(disk: HostObject, nexus: Nexus | undefined, { lun }: NamedPath): boolean {
  return nexusKeyOf(disk) === nexus?.key && lunOf(disk) === lun
}

/** Removes what is recorded beside these keys. */
export async function releaseNew(operation: Operation, transport: Transport, before: ReadonlySet<string>): Promise<void> {
  const added = operation.claim.entry.objects.filter(({ key }) => !before.has(key))
  if (added.length > 0) await releaseObjects(operation, transport, added)
}

async function releaseObjects(operation: Operation, transport: Transport, objects: readonly HostObject[]): Promise<void> {
  const report = new ReleaseReport()
  const unused: ReleaseOptions = { leaving: () => Promise.resolve(), flush: false }
  const disks = objects.filter(({ kind }) => kind === DISK)
  for (const map of await unknownMaps(operation, disks)) await releaseMap(operation, transport, map, report, unused)
  for (const disk of disks) await releaseDisk(operation, transport, disk, report, unused)
  const remaining = (all: readonly HostObject[]) => operation.claim.entry.objects.filter(({ key }) => all.some((each) => each.key === key))
  if (transport.own !== undefined) {
    const { nexus, rest } = transport.own
    const nexuses = objects.filter(({ kind }) => kind === nexus.kind)
    for (const object of nexuses) await nexus.release(operation, object, report)
    for (const disk of remaining(disks)) await releaseDisk(operation, transport, disk, report, unused)
    for (const object of remaining(nexuses)) await nexus.release(operation, object, report)
    for (const own of rest)
      for (const object of objects.filter(({ kind }) => kind === own.kind)) await own.release(operation, object, report)
  }
  for (const { what, reason } of report.remaining)
    operation.progress.note('could not remove everything created for an unused path', { what, reason })
}
