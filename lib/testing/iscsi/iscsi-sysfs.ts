/** The directories and attributes of a session (drivers/scsi/scsi_transport_iscsi.c). */
import { kernelError } from '../errno.js'
import type { Base } from '../machine/base.js'
import { HOST_ADDRESS, type Session } from './session.js'

const connectionStates = { FREE: 'down', LOGGED_IN: 'up', FAILED: 'failed' } as const

/** What LIO and the defaults of iscsid.conf agree on. */
const NEGOTIATED = {
  first_burst_len: '65536',
  max_burst_len: '262144',
  max_outstanding_r2t: '1',
  immediate_data: '1',
  initial_r2t: '0',
  erl: '0',
} as const
const OF_CONNECTION = {
  header_digest: '0',
  data_digest: '0',
  max_recv_dlength: '262144',
  max_xmit_dlength: '262144',
  recv_tmo: '5',
  ping_tmo: '5',
} as const

interface Place {
  readonly subsystem: string
  readonly name: string
  readonly directory: string
}
/** In the order in which the kernel creates them. */
function places(session: Session): readonly Place[] {
  const host = `host${session.host.number}`
  const connection = `connection${session.id}:0`
  return [
    { subsystem: 'iscsi_host', name: host, directory: `${session.host.directory}/iscsi_host/${host}` },
    { subsystem: 'iscsi_session', name: `session${session.id}`, directory: sessionDirectory(session) },
    { subsystem: 'iscsi_connection', name: connection, directory: connectionDirectory(session) },
  ]
}

/** @param creator process id of the program that created the session: iscsid. */
export function laySession(base: Base, session: Session, creator: number): void {
  const { tree, uevents } = base
  const { initiatorName } = base.settings
  tree.directory(session.directory)
  const attributes: Readonly<Record<string, Readonly<Record<string, string | (() => string)>>>> = {
    iscsi_host: { initiatorname: initiatorName, ipaddress: HOST_ADDRESS, hwaddress: '(null)', netdev: '(null)' },
    iscsi_session: {
      targetname: session.iqn,
      state: () => session.state,
      ifacename: session.parameters.iface,
      tpgt: '1',
      target_id: String(session.targetId),
      creator: String(creator),
      initiatorname: initiatorName,
      abort_tmo: '15',
      lu_reset_tmo: '30',
      tgt_reset_tmo: '30',
      fast_abort: '1',
      ...NEGOTIATED,
    },
    iscsi_connection: connectionAttributes(session),
  }
  for (const place of places(session)) {
    for (const [name, value] of Object.entries(attributes[place.subsystem] ?? {})) tree.file(`${place.directory}/${name}`, value)
    tree.relativeLink(`${place.directory}/device`, parentOf(place))
    tree.relativeLink(`${place.directory}/subsystem`, `/sys/class/${place.subsystem}`)
    tree.relativeLink(`/sys/class/${place.subsystem}/${place.name}`, place.directory)
    uevents.kernel('add', place.directory, place.subsystem)
  }
  layRecoveryTmo(base, session)
}

/** Removes everything but the SCSI host. */
export function clearSession({ tree, uevents }: Base, session: Session): void {
  for (const place of [...places(session)].reverse()) {
    tree.remove(`/sys/class/${place.subsystem}/${place.name}`)
    tree.remove(place.directory)
    uevents.kernel('remove', place.directory, place.subsystem)
  }
}

function connectionAttributes(session: Session): Record<string, string | (() => string)> {
  const { address, port } = session.parameters.portal
  return {
    persistent_address: address,
    persistent_port: String(port),
    address: () => session.peer.address,
    port: () => String(session.peer.port),
    state: () => connectionStates[session.state],
    local_ipaddr: HOST_ADDRESS,
    ...OF_CONNECTION,
  }
}
function layRecoveryTmo({ tree }: Base, session: Session): void {
  const path = `${sessionDirectory(session)}/recovery_tmo`
  tree.file(path, () => String(session.recoveryTmo), {
    onWrite: (value) => {
      if (session.state !== 'LOGGED_IN') return Promise.reject(kernelError('EBUSY', 'write', path))
      if (!/^-?[0-9]+\s*$/.test(value)) return Promise.reject(kernelError('EINVAL', 'write', path))
      session.recoveryTmo = Number(value)
      return Promise.resolve()
    },
  })
}
/** The directory of the session's only connection. */
export function connectionDirectory({ id, directory }: Session): string {
  const connection = `connection${id}:0`
  return `${directory}/${connection}/iscsi_connection/${connection}`
}
function sessionDirectory({ id, directory }: Session): string {
  return `${directory}/iscsi_session/session${id}`
}
/** `…/session1/iscsi_session/session1` → `…/session1` */
function parentOf({ directory }: Place): string {
  return directory.split('/').slice(0, -2).join('/')
}
