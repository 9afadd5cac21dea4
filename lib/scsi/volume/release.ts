/**
 * Taking away: disk, session, record, in this order, and only what nobody else uses. A disk that an interrupted scan may still bring is
 * looked for once more when it is known whether its session has gone.
 */
import type { Release, ReleaseOptions } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Session } from '../../linux/iscsi/session.js'
import { Forgetting } from '../../multipath/wait-forgotten.js'
import { isInterrupted } from '../disk/interrupted-scan.js'
import { placeOf, RECORD, SESSION, type Target } from '../../connectors/iscsi/objects.js'
import { DISK } from '../disk/objects.js'
import { MAP } from '../../multipath/objects.js'
import { maybe, number, text } from '../../operation/object-data.js'
import { isStuckMap, releaseMap, unknownMaps } from './remove-map.js'
import { releaseDisk } from '../disk/remove-disk.js'
import { diskOf } from '../disk/disk-of.js'
import { releaseRecord, releaseSession } from '../../connectors/iscsi/release-session.js'
import { detachIncomplete, Report } from '../../operation/release-report.js'

export async function releaseIscsi(operation: Operation, options: ReleaseOptions): Promise<Release> {
  const report = new Report()
  const objects = (kind: string) => operation.entry.objects.filter((object) => object.kind === kind)
  const failures: BrickworkError[] = []
  const stuck: HostObject[] = []
  let left: Promise<void> | undefined
  const leaving = () => (left ??= options.leaving())
  // What fails once something is gone is said at the end; until then it ends the release with everything as it was.
  const attempt = async (object: HostObject, part: Report, run: (object: HostObject, part: Report) => Promise<unknown>) => {
    try {
      await run(object, part)
    } catch (error) {
      if (!isBrickworkError(error) || left === undefined) throw error
      failures.push(error)
      stuck.push(object)
      part.leave(object.key, error.message)
    }
  }
  // Objects of one kind go side by side, and are told in their order.
  const attemptAll = async (all: readonly HostObject[], run: (object: HostObject, part: Report) => Promise<unknown>) => {
    const parts = all.map(() => new Report())
    const outcomes = await Promise.allSettled(all.map((object, index) => attempt(object, parts[index] ?? report, run)))
    for (const part of parts) report.add(part)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error
    if (failures.length > 0 && operation.signal.aborted) throw detachIncomplete(failures, report)
  }
  await nameDisks(operation)
  for (const map of await unknownMaps(operation, objects(DISK))) await operation.own(map)
  using forgetting = await Forgetting.watch(operation, objects(DISK), objects(MAP))
  // What was written to a map has gone through it: its paths have nothing of their own to flush.
  let flush = options.flush
  await attemptAll(objects(MAP), async (map, part) => {
    if ((await releaseMap(operation, map, part, { ...options, leaving })) === 'removed') flush = false
  })
  // By force the paths go from under a map that somebody has open: nothing that was written to it gets anywhere from then on.
  const underStuckMap = operation.force && failures.length > 0 && failures.every(isStuckMap)
  if (failures.length > 0 && !underStuckMap) throw detachIncomplete(failures, report)
  await attemptAll(objects(DISK), (disk, part) => releaseDisk(operation, disk, part, { leaving, flush, underStuckMap }))
  await leaving()
  // A session that still carries its disk stays, and so does its record.
  const carrying = objects(SESSION).filter(({ data }) =>
    stuck.some((disk) => disk.kind === DISK && disk.data['session'] === data['session']),
  )
  const untried = (kind: string) => objects(kind).filter(({ key }) => ![...stuck, ...carrying].some((object) => object.key === key))
  await attemptAll(untried(SESSION), (session, part) => releaseSession(operation, session, part))
  await attemptAll(untried(DISK), (disk, part) => releaseDisk(operation, disk, part, { ...options, leaving }))
  // Those that stayed for a disk that has come up and gone since.
  await attemptAll(untried(SESSION), (session, part) => releaseSession(operation, session, part))
  // The record of a session that could not be ended is needed for the next try, and goes then.
  const needed = objects(SESSION)
  const due = objects(RECORD).filter((record) => !needed.some(({ data }) => belongs(record, placeOf(data))))
  await attemptAll(due, (record, part) => releaseRecord(operation, record, part))
  await forgetting.check(report)
  for (const map of await forgetting.revenants()) {
    if (stuck.some(({ key }) => key === map.key)) continue
    await operation.own(map)
    await attemptAll([map], (each, part) => releaseMap(operation, each, part, { flush: false, leaving }))
  }
  if (failures.length > 0) throw detachIncomplete(failures, report)
  return report
}

/** A process that died before it saw the disk that its scan had brought in did not write down its name: a map may have it by now. */
async function nameDisks(operation: Operation): Promise<void> {
  for (const object of operation.entry.objects) {
    if (object.kind !== DISK || !isInterrupted(object) || maybe(object.data, 'name') !== undefined) continue
    const session = number(object.data, 'session')
    const disk = await diskOf(operation, session, BigInt(text(object.data, 'lun')))
    // No more than its name: a scan that goes on may bring another one there.
    if (disk?.block !== undefined) await operation.own({ ...object, data: { ...object.data, name: disk.block.name } })
  }
}

/** Takes away what was made for portals that did not give the device: a fruitless session must not turn into a second path later. */
export async function releaseOthers(operation: Operation, keep: Session): Promise<void> {
  const others = operation.entry.objects.filter((object) =>
    object.kind === DISK
      ? number(object.data, 'session') !== keep.id
      : !belongs(object, { iqn: keep.target, portal: keep.portal, iface: keep.iface }),
  )
  await releaseObjects(operation, others)
}

/** Takes away what was made for one path, and only that. */
export async function releasePath(operation: Operation, target: Target): Promise<void> {
  const mine = operation.entry.objects.filter((object) => object.kind !== DISK && belongs(object, target))
  const sessions = mine.filter(({ kind }) => kind === SESSION).map(({ data }) => number(data, 'session'))
  const disks = operation.entry.objects.filter(({ kind, data }) => kind === DISK && sessions.includes(number(data, 'session')))
  await releaseObjects(operation, [...disks, ...mine])
}

const belongs = ({ data }: HostObject, { iqn, portal, iface }: Omit<Target, 'lun'>) =>
  data['iqn'] === iqn && data['address'] === portal.address && data['port'] === portal.port && data['iface'] === iface

async function releaseObjects(operation: Operation, objects: readonly HostObject[]): Promise<void> {
  const report = new Report()
  const unused: ReleaseOptions = { leaving: () => Promise.resolve(), flush: false }
  const disks = objects.filter(({ kind }) => kind === DISK)
  for (const map of await unknownMaps(operation, disks)) await releaseMap(operation, map, report, unused)
  for (const disk of disks) await releaseDisk(operation, disk, report, unused)
  const sessions = objects.filter(({ kind }) => kind === SESSION)
  const left = (all: readonly HostObject[]) => operation.entry.objects.filter(({ key }) => all.some((each) => each.key === key))
  for (const session of sessions) await releaseSession(operation, session, report)
  for (const disk of left(disks)) await releaseDisk(operation, disk, report, unused)
  for (const session of left(sessions)) await releaseSession(operation, session, report)
  for (const record of objects.filter(({ kind }) => kind === RECORD)) await releaseRecord(operation, record, report)
  for (const { what, reason } of report.left) operation.note('a path that gave no device left something behind', { what, reason })
}
