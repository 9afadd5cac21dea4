import { expect, test } from 'vitest'

import { directoryOf, portGuards, readLocalPorts } from '../../../../lib/linux/fc/local-port.js'
import { whyUnreached } from '../../../../lib/linux/fc/remote-port.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { forever } from '../machine.js'
import { A, B, LEFT, localPort, remotePort, RIGHT } from './machine.js'

const PCI = '/sys/devices/pci0000:00/0000:00:02'
const ports = (host: FakeHost) => readLocalPorts(host, forever)

test('an adapter with two ports, each with the remote ports that it sees', async () => {
  const host = new FakeHost()
  const first = localPort(host, `${PCI}.0`, 2, LEFT)
  remotePort(host, first, 'rport-2:0-0', A, { fast_io_fail_tmo: '5', dev_loss_tmo: '600' })
  remotePort(host, first, 'rport-2:0-13', B, { scsi_target_id: '1', port_state: 'Blocked' })
  remotePort(host, localPort(host, `${PCI}.1`, 11, RIGHT, { port_state: 'Linkdown' }), 'rport-11:0-0', A, { port_state: 'Not Present' })
  const common = { wwnn: '500a098290000000', channel: 0, roles: ['FCP Target'] }
  expect(await ports(host)).toEqual([
    {
      host: 2,
      wwpn: LEFT,
      wwnn: LEFT,
      state: 'Online',
      parent: undefined,
      remote: [
        { name: 'rport-2:0-0', wwpn: A, targetId: 0, state: 'Online', fastIoFailSec: 5, devLossSec: 600, ...common },
        { name: 'rport-2:0-13', wwpn: B, targetId: 1, state: 'Blocked', fastIoFailSec: undefined, devLossSec: 30, ...common },
      ],
    },
    expect.objectContaining({ host: 11, wwpn: RIGHT, state: 'Linkdown', remote: [expect.objectContaining({ state: 'Not Present' })] }),
  ])
})
test('a virtual port names the physical port that it belongs to, and has remote ports of its own', async () => {
  const host = new FakeHost()
  const physical = localPort(host, `${PCI}.0`, 2, LEFT)
  remotePort(host, physical, 'rport-2:0-0', A)
  // lpfc and qla2xxx create the SCSI host of a virtual port below the device of fc_vport_setup.
  remotePort(host, localPort(host, `${physical}/vport-2:0-0`, 7, RIGHT, { port_type: 'NPIV VPORT' }), 'rport-7:0-0', A)
  expect((await ports(host)).map(({ host: number, parent, remote }) => [number, parent, remote.map(({ name }) => name)])).toEqual([
    [2, undefined, ['rport-2:0-0']],
    [7, 2, ['rport-7:0-0']],
  ])
})
test('software FCoE has its ports below the network interface', async () => {
  const host = new FakeHost()
  remotePort(host, localPort(host, '/sys/devices/virtual/net/eth1/ctlr_0', 4, LEFT), 'rport-4:0-0', A)
  expect(await ports(host)).toMatchObject([{ host: 4, wwpn: LEFT, remote: [{ wwpn: A }] }])
})
test('a port on a mainframe channel is read like others', async () => {
  const host = new FakeHost()
  // drivers/s390/scsi/zfcp_scsi.c: the SCSI host is a child of the CCW device.
  remotePort(host, localPort(host, '/sys/devices/css0/0.0.0013/0.0.1940', 0, LEFT), 'rport-0:0-0', A)
  expect(await ports(host)).toMatchObject([{ host: 0, remote: [{ name: 'rport-0:0-0' }] }])
})
test('ports that are just created or removed are left out', async () => {
  const host = new FakeHost()
  const device = localPort(host, `${PCI}.0`, 2, LEFT)
  remotePort(host, device, 'rport-2:0-0', A, { port_state: undefined })
  remotePort(host, device, 'rport-2:0-1', 'f'.repeat(16))
  host.put(`${device}/rport-2:0-2/uevent`, '')
  localPort(host, `${PCI}.1`, 3, '0'.repeat(16))
  expect(await ports(host)).toMatchObject([{ host: 2, remote: [] }])
})
test('a host without ports has none', async () => {
  expect(await ports(new FakeHost())).toEqual([])
})
test('callers that ask at once share one tree', async () => {
  const host = new FakeHost()
  localPort(host, `${PCI}.0`, 2, LEFT)
  await Promise.all([ports(host), ports(host), ports(host)])
  expect(host.trace.filter(({ call, subject }) => call === 'kernel.readTree' && subject === '/sys/class/fc_host')).toHaveLength(1)
})

const port = { name: 'rport-2:0-0', wwpn: A, wwnn: undefined, channel: 0, targetId: 3, state: 'Online', roles: ['FCP Target'] }
const remote = { ...port, fastIoFailSec: undefined, devLossSec: 30 }
test.each([
  ['an online target', {}, undefined],
  ['a marginal target', { state: 'Marginal' }, undefined],
  ['a target that is an initiator too', { roles: ['FCP Initiator', 'FCP Target'] }, undefined],
  ['a blocked port', { state: 'Blocked' }, 'its state is Blocked'],
  ['a lost port', { state: 'Not Present' }, 'its state is Not Present'],
  ['a port that logs in', { roles: [] }, 'it has not finished its login'],
  ['an initiator', { roles: ['FCP Initiator'] }, 'it is no SCSI target, but FCP Initiator'],
  ['a port for NVMe', { roles: ['NVMe Target', 'NVMe Discovery'] }, 'it offers only NVMe, no SCSI target'],
  ['a port without a number', { targetId: undefined }, 'the kernel has given it no target number yet'],
])('%s', (_, more, reason) => {
  expect(whyUnreached({ ...remote, ...more })).toBe(reason)
})
test('the guards of a scan name the remote port and its number, below the SCSI host', () => {
  expect(portGuards(remote)).toEqual([
    { attribute: 'device/rport-2:0-0/fc_remote_ports/rport-2:0-0/port_name', equals: `0x${A}` },
    { attribute: 'device/rport-2:0-0/fc_remote_ports/rport-2:0-0/scsi_target_id', equals: '3' },
  ])
  expect(directoryOf({ host: 2 }, remote)).toBe('/sys/class/fc_host/host2/device/rport-2:0-0')
})
