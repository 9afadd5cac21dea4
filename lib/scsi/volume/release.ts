/**
 * Removes maps, disks and what the transport created for them, in this order, unless another attachment or program uses them. A second pass
 * over the disks finds a late disk of an interrupted scan, once it is known whether its nexus has gone.
 */
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import { KNOWN_VOLUME, releaseKnownVolume } from '../../multipath/known-volume.js'
import { excludedPaths, giveBack } from '../../multipath/excluded-path.js'
import { MAP } from '../../multipath/objects.js'
import { ForgottenCheck } from '../../multipath/wait-forgotten.js'
import type { Release, ReleaseOptions } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import { maybe } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { detachIncomplete, ReleaseReport } from '../../operation/release-report.js'
import { diskOf, isSameDisk } from '../disk/disk-of.js'
import { isInterrupted } from '../disk/interrupted-scan.js'
import { DISK, nexusKeyOf } from '../disk/objects.js'
import { releaseDisk } from '../disk/remove-disk.js'
import type { OwnKind, Transport } from '../transport.js'
import { isStuckMap, releaseMap, unknownMaps } from './remove-map.js'

export async function releaseVolume(operation: Operation, transport: Transport, options: ReleaseOptions): Promise<Release> {
  const report = new ReleaseReport()
  const objects = (kind: string) => operation.claim.entry.objects.filter((object) => object.kind === kind)
  const failures: BrickworkError[] = []
  const stuck: HostObject[] = []
  let left: Promise<void> | undefined
  const leaving = () => (left ??= options.leaving())
  // Once something has been removed, failures are collected. Before that, a failure ends the release, and nothing has changed.
  const attempt = async (object: HostObject, part: ReleaseReport, run: (object: HostObject, part: ReleaseReport) => Promise<unknown>) => {
    try {
      await run(object, part)
    } catch (error) {
      if (!isBrickworkError(error) || error.code === 'ERR_INTERNAL' || left === undefined) throw error
      failures.push(error)
      stuck.push(object)
      part.leave(object.key, error.message)
    }
  }
  // Objects of one kind are released in parallel and reported in their order.
  const attemptAll = async (all: readonly HostObject[], run: (object: HostObject, part: ReleaseReport) => Promise<unknown>) => {
    const parts = all.map(() => new ReleaseReport())
    const outcomes = await Promise.allSettled(all.map((object, index) => attempt(object, parts[index] ?? report, run)))
    for (const part of parts) report.add(part)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error
    if (failures.length > 0 && operation.signal.aborted) throw detachIncomplete(failures, report)
  }
  await nameDisks(operation, transport)
  for (const map of await unknownMaps(operation, objects(DISK))) await operation.claim.own(map)
  using forgotten = await ForgottenCheck.watch(operation, objects(DISK), objects(MAP).filter(isOurs))
  // A removed map was flushed, or its data was given up: its paths have nothing of their own to flush.
  let flush = options.flush
  await attemptAll(objects(MAP), async (map, part) => {
    if ((await releaseMap(operation, transport, map, part, { ...options, leaving })) === 'removed') flush = false
  })
  // With `force`, the paths are removed although a process has their map open. All further writes to the map fail.
  const underStuckMap = operation.force && failures.length > 0 && failures.every(isStuckMap)
  if (failures.length > 0 && !underStuckMap) throw detachIncomplete(failures, report)
  await attemptAll(objects(DISK), (disk, part) => releaseDisk(operation, transport, disk, part, { leaving, flush, underStuckMap }))
  await leaving()
  // A nexus that still has its disk stays, and so does what the nexus needs.
  const carrying = stuck.filter(({ kind }) => kind === DISK).map(nexusKeyOf)
  const untried = (kind: string) =>
    objects(kind).filter(({ key }) => !carrying.includes(key) && !stuck.some((object) => object.key === key))
  await giveBack(operation, excludedPaths(operation))
  const attemptOwn = async (own: OwnKind) => {
    const due = untried(own.kind).filter((object) => own.isNeeded?.(object, operation.claim.entry.objects) !== true)
    await attemptAll(due, (object, part) => own.release(operation, object, part))
  }
  if (transport.own !== undefined) await attemptOwn(transport.own.nexus)
  const failed = (key: string) => stuck.some((object) => object.key === key)
  await attemptAll(untried(DISK), (disk, part) =>
    releaseDisk(operation, transport, disk, part, { ...options, leaving, nexusStayed: !failed(nexusKeyOf(disk)) }),
  )
  // Nexuses that stayed for a late disk, which has come up and gone since.
  if (transport.own !== undefined) await attemptOwn(transport.own.nexus)
  for (const kind of transport.own?.rest ?? []) await attemptOwn(kind)
  await forgotten.check(report)
  for (const map of await forgotten.revenants()) {
    if (stuck.some(({ key }) => key === map.key)) continue
    await operation.claim.own(map)
    await attemptAll([map], (each, part) => releaseMap(operation, transport, each, part, { flush: false, leaving }))
  }
  await attemptAll(objects(KNOWN_VOLUME), (object, part) => releaseKnownVolume(operation, object, part))
  if (failures.length > 0) throw detachIncomplete(failures, report)
  return report
}

/** A map of another program stays, even when its disks are gone. */
const isOurs = ({ origin }: HostObject) => origin !== 'found'

/** Records the name of a disk whose process died after the scan and before it recorded the disk. A map may have the disk by now. */
async function nameDisks(operation: Operation, transport: Transport): Promise<void> {
  for (const object of operation.claim.entry.objects) {
    if (object.kind === DISK && !isInterrupted(object) && transport.adopts === true) await renameDisk(operation, transport, object)
    if (object.kind !== DISK || !isInterrupted(object) || maybe(object.data, 'name') !== undefined) continue
    const disk = await diskOf(operation, transport, object)
    // Records no more than the name: the scan may still be running and bring another disk there.
    if (disk?.block !== undefined) await operation.claim.own({ ...object, data: { ...object.data, name: disk.block.name } })
  }
}

/** The kernel may have removed the disk after a loss, given its name to another one, and found it again under a new name. */
async function renameDisk(operation: Operation, transport: Transport, object: HostObject): Promise<void> {
  const disk = await diskOf(operation, transport, object)
  const now = disk !== undefined && isSameDisk(transport, object, disk) ? disk.block : undefined
  const { name = null, diskseq = object.data['diskseq'] ?? null } = now ?? {}
  if (name !== object.data['name']) await operation.claim.own({ ...object, data: { ...object.data, name, diskseq } })
}
