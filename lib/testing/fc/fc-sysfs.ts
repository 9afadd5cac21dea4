/** The directories and attributes of Fibre Channel ports (drivers/scsi/scsi_transport_fc.c). */
import type { Base } from '../machine/base.js'
import type { ScsiHost } from '../scsi/nexus.js'
import { writeOnly } from '../scsi/scsi-sysfs.js'
import type { RemotePort } from './remote-port.js'

export interface ShownPort {
  readonly host: ScsiHost
  readonly wwpn: string
  readonly wwnn: string
  readonly isVirtual: boolean
  readonly state: () => string
}

/** Files that nothing may write: no model knows what they would do to everybody who uses the port. */
const CONTROLS = ['issue_lip', 'vport_create', 'vport_delete']

export function layLocalPort(base: Base, { host, wwpn, wwnn, isVirtual, state }: ShownPort): void {
  const attributes = {
    port_name: `0x${wwpn}`,
    node_name: `0x${wwnn}`,
    port_id: `0x${(host.number + 1).toString(16).padStart(6, '0')}`,
    port_type: isVirtual ? 'NPIV VPORT' : 'NPort (fabric via point-to-point)',
    port_state: state,
    speed: '16 Gbit',
    fabric_name: '0x1000000533a1b2c3',
    dev_loss_tmo: '60',
  }
  const directory = `${host.directory}/fc_host/host${host.number}`
  for (const name of CONTROLS) base.tree.file(`${directory}/${name}`, () => writeOnly, { mode: 0o200 })
  lay(base, 'fc_host', directory, host.directory, attributes)
}
export function clearLocalPort(base: Base, host: ScsiHost): void {
  clear(base, 'fc_host', `${host.directory}/fc_host/host${host.number}`)
}

/** Its time-outs have no model of a write: only the host's own tools may change them. */
export function layRemotePort(base: Base, port: RemotePort): void {
  const isLost = () => port.state === 'Not Present'
  lay(base, 'fc_remote_ports', `${port.directory}/fc_remote_ports/${port.name}`, port.directory, {
    port_name: `0x${port.wwpn}`,
    node_name: () => (isLost() ? `0x${'f'.repeat(16)}` : `0x${port.wwnn}`),
    port_id: () => (isLost() ? '0xffffffff' : `0x0100${(port.targetId + 1).toString(16).padStart(2, '0')}`),
    port_state: () => port.state,
    roles: () => (port.roles === '' ? 'unknown' : port.roles),
    scsi_target_id: () => String(port.roles === '' && !isLost() ? -1 : port.targetId),
    fast_io_fail_tmo: () => (port.fastIoFailSec === undefined ? 'off' : String(port.fastIoFailSec)),
    dev_loss_tmo: () => String(port.devLossSec),
    supported_classes: 'Class 3',
  })
}
export function clearRemotePort(base: Base, port: RemotePort): void {
  clear(base, 'fc_remote_ports', `${port.directory}/fc_remote_ports/${port.name}`)
  base.tree.remove(port.directory)
}

function lay(
  { tree, uevents }: Base,
  subsystem: string,
  directory: string,
  device: string,
  attributes: Readonly<Record<string, string | (() => string)>>,
): void {
  for (const [name, value] of Object.entries(attributes)) tree.file(`${directory}/${name}`, value)
  tree.relativeLink(`${directory}/device`, device)
  tree.relativeLink(`${directory}/subsystem`, `/sys/class/${subsystem}`)
  tree.relativeLink(`/sys/class/${subsystem}/${directory.slice(directory.lastIndexOf('/') + 1)}`, directory)
  uevents.kernel('add', directory, subsystem)
}
function clear({ tree, uevents }: Base, subsystem: string, directory: string): void {
  tree.remove(`/sys/class/${subsystem}/${directory.slice(directory.lastIndexOf('/') + 1)}`)
  tree.remove(directory)
  uevents.kernel('remove', directory, subsystem)
}
