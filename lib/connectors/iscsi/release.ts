/** Taking away: disk, session, record, in this order, and only what nobody else uses. */
import type { Release, ReleaseOptions } from '../../attach/connector.js'
import type { HostObject } from '../../attach/entry.js'
import type { Operation } from '../../attach/operation.js'
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Session } from '../../linux/iscsi/session.js'
import { DISK, MAP, number, RECORD, SESSION, type Target } from './objects.js'
import { Forgetting } from './forgetting.js'
import { releaseMap, unknownMaps } from './release-map.js'
import { releaseDisk } from './release-disk.js'
import { releaseRecord, releaseSession } from './release-session.js'
import { detachIncomplete, Report } from './report.js'

export async function releaseIscsi(operation: Operation, options: ReleaseOptions): Promise<Release> {
  const report = new Report()
  const objects = (kind: string) => operation.entry.objects.filter((object) => object.kind === kind)
  const failures: BrickworkError[] = []
  let left = false
  const leaving = async () => {
    if (!left) await options.leaving()
    left = true
  }
  // What fails once something is gone is said at the end; until then it ends the release with everything as it was.
  const attempt = async (object: HostObject, run: () => Promise<void>) => {
    try {
      await run()
    } catch (error) {
      if (!isBrickworkError(error) || !left) throw error
      failures.push(error)
      report.leave(object.key, error.message)
      if (operation.signal.aborted) throw detachIncomplete(failures, report)
    }
  }
  using forgetting = await Forgetting.watch(operation, objects(DISK))
  for (const map of await unknownMaps(operation, objects(DISK))) await operation.own(map)
  // What was written to a map has gone through it: its paths have nothing of their own to flush.
  let flush = options.flush
  for (const map of objects(MAP))
    await attempt(map, async () => {
      if ((await releaseMap(operation, map, report, { ...options, leaving })) === 'removed') flush = false
    })
  if (failures.length > 0) throw detachIncomplete(failures, report)
  for (const disk of objects(DISK)) await attempt(disk, () => releaseDisk(operation, disk, report, { leaving, flush }))
  // A session that still carries the disk stays, and so does its record.
  if (failures.length > 0) throw detachIncomplete(failures, report)
  await leaving()
  for (const session of objects(SESSION)) await attempt(session, () => releaseSession(operation, session, report))
  for (const record of objects(RECORD)) await attempt(record, () => releaseRecord(operation, record, report))
  if (failures.length > 0) throw detachIncomplete(failures, report)
  await forgetting.check(report)
  return report
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
  for (const session of objects.filter(({ kind }) => kind === SESSION)) await releaseSession(operation, session, report)
  for (const record of objects.filter(({ kind }) => kind === RECORD)) await releaseRecord(operation, record, report)
  for (const { what, reason } of report.left) operation.note('a path that gave no device left something behind', { what, reason })
}
