/**
 * Ports of Fibre Channel as files of sysfs. Attributes and places are those of drivers/scsi/scsi_transport_fc.c (fc_host_attrs,
 * fc_rport_attrs, fc_vport_setup).
 */
import type { FakeHost } from '../../../../lib/testing/index.js'

export const [LEFT, RIGHT] = ['21000024ff4c1a2e', '21000024ff4c1a2f'] as const
export const [A, B] = ['500a098290000001', '500a098290000002'] as const
export type Files = Readonly<Record<string, string | undefined>>

function put(host: FakeHost, directory: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) if (text !== undefined) host.put(`${directory}/${name}`, `${text}\n`)
}
/** A port of the host below `parent`, which is `/sys/devices/pci0000:00/0000:00:02.0` for the first function of an adapter. */
export function localPort(host: FakeHost, parent: string, number: number, wwpn: string, files: Files = {}): string {
  const device = `${parent}/host${number}`
  const directory = `${device}/fc_host/host${number}`
  const node_name = `0x${wwpn.replace(/^./, '2')}`
  const shown = {
    port_name: `0x${wwpn}`,
    node_name,
    port_state: 'Online',
    port_type: 'NPort (fabric via point-to-point)',
    speed: '16 Gbit',
  }
  put(host, directory, { ...shown, dev_loss_tmo: '30', ...files })
  host.putLink(`${directory}/device`, `../../../host${number}`)
  host.putLink(`/sys/class/fc_host/host${number}`, `../../${device.slice('/sys/'.length)}/fc_host/host${number}`)
  return device
}
export function remotePort(host: FakeHost, device: string, name: string, wwpn: string, files: Files = {}): void {
  const shown = { port_name: `0x${wwpn}`, node_name: `0x${wwpn.replace(/.$/, '0')}`, port_state: 'Online', roles: 'FCP Target' }
  const times = { scsi_target_id: '0', fast_io_fail_tmo: 'off', dev_loss_tmo: '30' }
  put(host, `${device}/${name}/fc_remote_ports/${name}`, { ...shown, ...times, ...files })
}
