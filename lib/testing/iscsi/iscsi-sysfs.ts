/** The directories and attributes of a session (drivers/scsi/scsi_transport_iscsi.c). */
import { kernelError } from '../errno.js'
import type { Boot } from '../boot.js'
import { SCSI_DEVICES, writeOnly } from '../scsi/scsi-sysfs.js'
import type { Session } from './session.js'

const connectionStates = { FREE: 'down', LOGGED_IN: 'up', FAILED: 'failed' } as const

interface Place {
  readonly subsystem: string
  readonly name: string
  readonly directory: string
}
/** In the order in which the kernel makes them. */
function places(session: Session): readonly Place[] {
  const host = `host${session.hostNumber}`
  const connection = `connection${session.id}:0`
  return [
    { subsystem: 'scsi_host', name: host, directory: `${session.hostDirectory}/scsi_host/${host}` },
    { subsystem: 'iscsi_host', name: host, directory: `${session.hostDirectory}/iscsi_host/${host}` },
    { subsystem: 'iscsi_session', name: `session${session.id}`, directory: `${session.directory}/iscsi_session/session${session.id}` },
    { subsystem: 'iscsi_connection', name: connection, directory: `${session.directory}/${connection}/iscsi_connection/${connection}` },
  ]
}

export function laySession(boot: Boot, session: Session, scan: (value: string) => Promise<void>): void {
  const { tree } = boot.machine
  const { initiatorName } = boot.machine.settings
  tree.directory(session.directory)
  tree.relativeLink(`${session.hostDirectory}/subsystem`, '/sys/bus/scsi')
  tree.relativeLink(`${SCSI_DEVICES}/host${session.hostNumber}`, session.hostDirectory)
  boot.uevents.kernel('add', session.hostDirectory, 'scsi', { DEVTYPE: 'scsi_host' })
  const attributes: Readonly<Record<string, Readonly<Record<string, string | (() => string)>>>> = {
    scsi_host: { proc_name: 'iscsi_tcp', state: 'running', host_busy: '0', can_queue: '128' },
    iscsi_host: { initiatorname: initiatorName, ipaddress: '10.99.0.1', hwaddress: '(null)', netdev: '(null)' },
    iscsi_session: {
      targetname: session.iqn,
      state: () => session.state,
      ifacename: session.parameters.iface,
      tpgt: '1',
      target_id: () => String(session.disks.size > 0 ? session.targetId : 0),
      creator: String(boot.iscsid.pid),
      initiatorname: initiatorName,
      abort_tmo: '15',
      lu_reset_tmo: '30',
      fast_abort: '1',
    },
    iscsi_connection: connectionAttributes(session),
  }
  for (const place of places(session)) {
    for (const [name, value] of Object.entries(attributes[place.subsystem] ?? {})) tree.file(`${place.directory}/${name}`, value)
    tree.relativeLink(`${place.directory}/device`, parentOf(place))
    tree.relativeLink(`${place.directory}/subsystem`, `/sys/class/${place.subsystem}`)
    tree.relativeLink(`/sys/class/${place.subsystem}/${place.name}`, place.directory)
    boot.uevents.kernel('add', place.directory, place.subsystem)
  }
  const [host, , own] = places(session)
  if (host !== undefined) tree.file(`${host.directory}/scan`, () => writeOnly, { mode: 0o200, onWrite: scan })
  if (own !== undefined) layRecoveryTmo(boot, session, `${own.directory}/recovery_tmo`)
}

export function clearSession(boot: Boot, session: Session): void {
  const { tree } = boot.machine
  for (const place of [...places(session)].reverse()) {
    tree.remove(`/sys/class/${place.subsystem}/${place.name}`)
    tree.remove(place.directory)
    boot.uevents.kernel('remove', place.directory, place.subsystem)
  }
  tree.remove(`${SCSI_DEVICES}/host${session.hostNumber}`)
  tree.remove(session.hostDirectory)
  boot.uevents.kernel('remove', session.hostDirectory, 'scsi', { DEVTYPE: 'scsi_host' })
}

function connectionAttributes(session: Session): Record<string, string | (() => string)> {
  const { address, port } = session.parameters.portal
  return {
    persistent_address: address,
    persistent_port: String(port),
    address,
    port: String(port),
    state: () => connectionStates[session.state],
  }
}
function layRecoveryTmo(boot: Boot, session: Session, path: string): void {
  boot.machine.tree.file(path, () => String(session.recoveryTmo), {
    onWrite: (value) => {
      if (session.state !== 'LOGGED_IN') return Promise.reject(kernelError('EBUSY', 'write', path))
      if (!/^-?[0-9]+\s*$/.test(value)) return Promise.reject(kernelError('EINVAL', 'write', path))
      session.recoveryTmo = Number(value)
      return Promise.resolve()
    },
  })
}
/** `…/session1/iscsi_session/session1` → `…/session1` */
function parentOf({ directory }: Place): string {
  return directory.split('/').slice(0, -2).join('/')
}
