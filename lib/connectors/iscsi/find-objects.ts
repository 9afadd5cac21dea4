/** What the host has of a connection that no claim and no journal knows: for a detach after everything was lost. */
import type { Discovered } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { installation } from '../../linux/iscsi/installation.js'
import { ifaceIn, isOurs, recordsOf } from '../../linux/iscsi/record.js'
import { recordObject, sessionObject, type Target } from './objects.js'
import { diskObject } from '../../scsi/disk/objects.js'
import { findSession } from './find-session.js'
import { diskOf } from '../../scsi/disk/disk-of.js'

/**
 * The caller says that this connection is to go: its disks and sessions count as made by us, as far as no other attachment claims them and
 * the sessions carry nothing else. Records do so only when they bear our mark.
 */
export async function discoverIscsi(operation: Operation, targets: readonly Target[]): Promise<Discovered> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  const found: HostObject[] = []
  const proven = new Set<string>()
  for (const target of targets) {
    const session = await findSession(operation, target)
    const disk = session === undefined ? undefined : await diskOf(operation, session.id, target.lun)
    const records = await Promise.all(
      (await recordsOf(host, databaseRoot, target.iqn, target.portal)).map(async (path) => {
        const content = (await host.files.read(path)) ?? ''
        return { path, ours: isOurs(content) && ifaceIn(content) === target.iface }
      }),
    )
    if (session !== undefined && disk !== undefined) found.push(diskObject(session.id, target.lun, disk, 'made'))
    // A session with neither the volume nor a record of ours is somebody else's.
    if (session !== undefined && (disk !== undefined || records.some(({ ours }) => ours))) found.push(sessionObject(session, 'made'))
    const marked = records.filter(({ ours }) => ours).map(({ path }) => recordObject(target, path, 'made'))
    found.push(...marked)
    for (const { key } of marked) proven.add(key)
    // Whose a session is follows from its records, and from the session whose its disk is.
    const isOurSession = marked.length > 0 && marked.length === records.length
    if (session !== undefined && isOurSession)
      for (const { key } of [sessionObject(session, 'made'), diskObject(session.id, target.lun, disk, 'made')]) proven.add(key)
  }
  return { objects: found, ours: proven }
}
