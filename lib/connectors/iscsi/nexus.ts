/** A session as the nexus of its SCSI disks. */
import type { AttachedPath } from '../../api/attachment.js'
import type { Host } from '../../core/host.js'
import { formatPortal } from '../../core/portal.js'
import { placeOfSession, readSession, type Session, type SessionPlace, sessionGuard } from '../../linux/iscsi/session.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { Operation } from '../../operation/operation.js'
import type { Nexus, TargetPlace } from '../../scsi/transport.js'
import { sessionKey } from './objects.js'

export interface IscsiNexus extends Nexus {
  readonly session: Session
}

/** `undefined` when the session is gone. `inherited`: as {@link Nexus} has it. */
export async function nexusOfSession(host: Host, session: Session, inherited: readonly bigint[] = []): Promise<IscsiNexus | undefined> {
  const place = session.place === undefined ? await placeOf(host, session.id) : targetAt(session.place)
  if (place === undefined) return undefined
  return {
    key: sessionKey(session.id),
    label: formatPortal(session.portal),
    target: session.target,
    place,
    guards: [sessionGuard(session)],
    inherited,
    session,
  }
}
export async function nexusOfKey({ host, signal }: Operation, key: string): Promise<IscsiNexus | undefined> {
  const session = await readSession(host, idOf(key), signal)
  return session === undefined ? undefined : await nexusOfSession(host, session)
}
export async function placeOfKey({ host }: Operation, key: string): Promise<TargetPlace | undefined> {
  return await placeOf(host, idOf(key))
}
const idOf = (key: string) => Number(key.slice(sessionKey(0).length - 1))

/** With iscsi_tcp each session is a SCSI host of its own, and its target is always 0:0. */
async function placeOf(host: Host, id: number): Promise<TargetPlace | undefined> {
  const place = await placeOfSession(host, id)
  return place === undefined ? undefined : targetAt(place)
}
function targetAt({ directory, hostNumber }: SessionPlace): TargetPlace {
  return { directory, host: hostNumber, channel: 0, id: 0 }
}

export function describePath({ label, session }: IscsiNexus, disk: ScsiDisk): AttachedPath {
  return {
    device: `/dev/${disk.block?.name ?? ''}`,
    state: disk.state,
    label,
    hctl: disk.hctl,
    iscsi: {
      portal: label,
      target: session.target,
      iface: session.iface,
      session: session.id,
      ...(session.replacementTimeoutSec === undefined ? {} : { replacementTimeoutSec: session.replacementTimeoutSec }),
    },
  }
}
