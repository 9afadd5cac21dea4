/** The fake kernel's Fibre Channel: what real ones do, as far as the library relies on it. */
import { expect, test } from 'vitest'

import { FakeHost, type FakeHostOptions } from '../../../../lib/testing/index.js'
import { scan } from '../stage.js'

const [LEFT, RIGHT, VIRTUAL] = ['21000024ff4c1a2e', '21000024ff4c1a2f', '21010024ff4c1a2e'] as const
const [A, B] = ['500a098290000001', '500a098290000002'] as const
const SECOND = 1000

function machine(options: FakeHostOptions = {}): FakeHost {
  const host = new FakeHost({ iscsid: false, fcPorts: [LEFT, RIGHT], ...options })
  for (const name of ['one', 'two']) host.storage.volume(name, { content: 'ext4' })
  host.storage.fc.port({ wwpn: A, luns: { 3: 'one', 4: 'two' } })
  return host
}
const disks = (host: FakeHost) => host.names('/sys/bus/scsi/devices').filter((name) => /^\d+:\d+:\d+:\d+$/.test(name))
const blocks = (host: FakeHost) => host.names('/sys/block').filter((name) => name.startsWith('sd'))
const remote = (host: FakeHost, name: string, attribute: string) => host.text(`/sys/class/fc_remote_ports/${name}/${attribute}`)

test('the kernel scans all LUNs of a remote port that logs in, over each port of the host', async () => {
  const host = machine()
  expect([remote(host, 'rport-0:0-0', 'roles'), remote(host, 'rport-0:0-0', 'scsi_target_id')]).toEqual(['unknown', '-1'])
  await host.clock.advance(SECOND)
  expect([remote(host, 'rport-0:0-0', 'roles'), remote(host, 'rport-0:0-0', 'scsi_target_id')]).toEqual(['FCP Target', '0'])
  expect(disks(host)).toEqual(['0:0:0:3', '0:0:0:4', '1:0:0:3', '1:0:0:4'])
  host.verify()
})
test('with scsi_mod.scan=manual only a write to scan finds a disk, and exactly that one', async () => {
  const host = machine({ scsiScan: 'manual' })
  await host.clock.advance(SECOND)
  expect(disks(host)).toEqual([])
  await scan(host, '0 0 4')
  await host.clock.advance(SECOND)
  expect(disks(host)).toEqual(['0:0:0:4'])
})
test('with scsi_mod.scan=none a write to scan finds nothing', async () => {
  const host = machine({ scsiScan: 'none' })
  await host.clock.advance(SECOND)
  await expect(scan(host, '0 0 4')).resolves.toEqual({ outcome: 'written' })
  await host.clock.advance(SECOND)
  expect([disks(host), host.text('/sys/module/scsi_mod/parameters/scan')]).toEqual([[], 'none'])
})
test('a scan passes over a port that is not online, and succeeds', async () => {
  const host = machine({ scsiScan: 'manual' })
  await host.clock.advance(SECOND)
  host.fc.setLink(LEFT, false)
  expect(remote(host, 'rport-0:0-0', 'port_state')).toBe('Blocked')
  await expect(scan(host, '0 0 4')).resolves.toEqual({ outcome: 'written' })
  await host.clock.advance(SECOND)
  expect(disks(host)).toEqual([])
})
test('a loss within the loss time changes no name', async () => {
  const host = machine()
  await host.clock.advance(SECOND)
  const before = blocks(host)
  host.fc.setLink(LEFT, false)
  expect(host.text('/sys/bus/scsi/devices/0:0:0:3/state')).toBe('blocked')
  await host.clock.advance(10 * SECOND)
  host.fc.setLink(LEFT, true)
  await host.clock.advance(SECOND)
  expect([host.text('/sys/bus/scsi/devices/0:0:0:3/state'), blocks(host)]).toEqual(['running', before])
})
test('I/O fails after fast_io_fail_tmo; after dev_loss_tmo the disks are gone, and the remote port stays', async () => {
  const host = machine()
  await host.clock.advance(SECOND)
  host.fc.setLossTimes(LEFT, { fastIoFailSec: 2, devLossSec: 5 })
  host.fc.setLink(LEFT, false)
  await host.clock.advance(3 * SECOND)
  expect(host.text('/sys/bus/scsi/devices/0:0:0:3/state')).toBe('transport-offline')
  await host.clock.advance(3 * SECOND)
  expect(disks(host)).toEqual(['1:0:0:3', '1:0:0:4'])
  expect([remote(host, 'rport-0:0-0', 'port_state'), remote(host, 'rport-0:0-0', 'port_id')]).toEqual(['Not Present', '0xffffffff'])
  expect([remote(host, 'rport-0:0-0', 'port_name'), remote(host, 'rport-0:0-0', 'roles')]).toEqual([`0x${A}`, 'unknown'])
})
test('a port that returns after its loss time has the same number, and its disks are new ones', async () => {
  const host = machine()
  await host.clock.advance(SECOND)
  const before = host.text('/sys/bus/scsi/devices/0:0:0:3/block/sda/diskseq')
  host.fc.setLossTimes(LEFT, { devLossSec: 5 })
  host.fc.setLink(LEFT, false)
  await host.clock.advance(6 * SECOND)
  host.fc.setLink(LEFT, true)
  await host.clock.advance(SECOND)
  const [name = ''] = host.names('/sys/bus/scsi/devices/0:0:0:3/block')
  expect(disks(host)).toContain('0:0:0:3')
  expect(host.text(`/sys/bus/scsi/devices/0:0:0:3/block/${name}/diskseq`)).not.toBe(before)
})
test('a disk that was deleted comes back with the next login, until the array unmaps it', async () => {
  const host = machine()
  await host.clock.advance(SECOND)
  const directory = host.real('/sys/bus/scsi/devices/0:0:0:3') ?? ''
  const remove = { directory, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
  await host.kernel.write(remove, new AbortController().signal)
  expect(disks(host)).not.toContain('0:0:0:3')
  host.fc.setLink(LEFT, false)
  host.fc.setLink(LEFT, true)
  await host.clock.advance(SECOND)
  expect(disks(host)).toContain('0:0:0:3')
})
test('a port that answers no command keeps the scans of its adapter waiting, and no others', async () => {
  const host = machine({ scsiScan: 'manual' })
  host.storage.fc.port({ wwpn: B, luns: { 3: 'one' } })
  await host.clock.advance(SECOND)
  host.storage.fc.setAnswers(A, false)
  void scan(host, '0 0 3')
  void scan(host, '0 1 3')
  void scan(host, '0 1 3', 1)
  await host.clock.advance(SECOND)
  expect(disks(host)).toEqual(['1:0:1:3'])
  await host.clock.advance(30 * SECOND)
  expect(disks(host)).toEqual(['0:0:1:3', '1:0:1:3'])
})
test('a virtual port has a SCSI host and remote ports of its own', async () => {
  const host = machine()
  host.storage.fc.port({ wwpn: B, luns: { 9: 'two' }, initiators: [VIRTUAL] })
  await host.clock.advance(SECOND)
  host.fc.addVirtualPort(LEFT, VIRTUAL)
  await host.clock.advance(SECOND)
  expect(disks(host)).toContain('2:0:1:9')
  expect(disks(host).filter((name) => name.endsWith(':9'))).toHaveLength(1)
  expect(host.real('/sys/class/fc_host/host2')).toContain('/host0/vport-0:0-0/host2/fc_host/host2')
})
test('after a reload of the driver another port may have the number', async () => {
  const host = machine()
  await host.clock.advance(SECOND)
  await Promise.all([host.fc.removePort(LEFT), host.fc.removePort(RIGHT), host.clock.advance(SECOND)])
  expect([disks(host), host.names('/sys/class/fc_host')]).toEqual([[], []])
  host.fc.addPort(RIGHT)
  await host.clock.advance(SECOND)
  expect([host.text('/sys/class/fc_host/host0/port_name'), disks(host)]).toEqual([`0x${RIGHT}`, ['0:0:0:3', '0:0:0:4']])
})
test('a reboot finds the ports again', async () => {
  const host = machine().reboot()
  await host.clock.advance(SECOND)
  expect(disks(host)).toEqual(['0:0:0:3', '0:0:0:4', '1:0:0:3', '1:0:0:4'])
})
test.each(['issue_lip', 'vport_create', 'dev_loss_tmo'])('a write to %s is a problem', async (attribute) => {
  const host = machine()
  const directory = attribute === 'dev_loss_tmo' ? '/sys/class/fc_remote_ports/rport-0:0-0' : '/sys/class/fc_host/host0'
  const write = { directory, guards: [], attribute, value: '1', waits: 'bounded' } as const
  await expect(host.kernel.write(write, new AbortController().signal)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  expect(() => host.verify()).toThrow(/does not model|a write/)
})
