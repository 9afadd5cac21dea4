import { expect, test } from 'vitest'

import { device, loggedIn, scan, signal, stage } from './stage.js'

test('a session has the layout of the kernel', async () => {
  const host = stage()
  await loggedIn(host)
  const own = '/sys/devices/platform/host0/session1/iscsi_session/session1'
  expect(await host.files.readLink('/sys/class/iscsi_session/session1')).toBe(
    `../../devices/platform/host0/session1/iscsi_session/session1`,
  )
  expect(await host.files.resolve('/sys/class/iscsi_session/session1')).toBe(own)
  expect(await host.files.resolve(`${own}/device`)).toBe('/sys/devices/platform/host0/session1')
  expect(host.text(`${own}/targetname`)).toBe('iqn.2004-10.example:storage')
  expect(host.text(`${own}/creator`)).toBe(host.text('/run/iscsid.pid'))
  expect(host.text(`${own}/recovery_tmo`)).toBe('7')
  expect(host.text('/sys/class/iscsi_connection/connection1:0/persistent_port')).toBe('3260')
  expect(host.text('/sys/class/iscsi_connection/connection1:0/state')).toBe('up')
  expect(host.text('/sys/class/scsi_host/host0/proc_name')).toBe('iscsi_tcp')
  expect(host.text('/sys/class/iscsi_host/host0/initiatorname')).toBe('iqn.2004-10.example:fake-host')
})

test('a disk has the layout of the kernel', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  const place = '/sys/devices/platform/host0/session1/target0:0:0/0:0:0:1'
  expect(host.real(device())).toBe(place)
  expect(host.real('/sys/class/scsi_device/0:0:0:1/device')).toBe(place)
  expect(host.real('/sys/block/sda')).toBe(`${place}/block/sda`)
  expect(host.real('/sys/class/block/sda/device')).toBe(place)
  expect(host.real('/sys/dev/block/8:0')).toBe(`${place}/block/sda`)
  expect(host.real(`${place}/generic`)).toBe(`${place}/scsi_generic/sg0`)
  expect([host.text(`${place}/vendor`), host.text(`${place}/model`), host.text(`${place}/state`)]).toEqual([
    'LIO-ORG ',
    'FILEIO          ',
    'running',
  ])
  expect(['size', 'ro', 'dev', 'diskseq', 'queue/logical_block_size'].map((name) => host.text(`/sys/block/sda/${name}`))).toEqual([
    '131072',
    '0',
    '8:0',
    '1',
    '512',
  ])
  expect([host.names('/sys/block/sda/holders'), host.names('/sys/block/sda/slaves')]).toEqual([[], []])
  expect(await host.files.stat('/dev/sda')).toMatchObject({ type: 'block', device: '8:0' })
  expect(await host.files.stat('/dev/sg0')).toMatchObject({ type: 'other', device: '21:0' })
})

test('write-only attributes answer a read with EIO', async () => {
  const host = stage()
  await loggedIn(host)
  await expect(host.files.read('/sys/class/scsi_host/host0/scan')).rejects.toMatchObject({ details: { errno: 'EIO' } })
  const tree = await host.kernel.readTree({ root: '/sys/class/scsi_host/host0', node: { attributes: ['scan'] } }, signal)
  expect([tree.text('scan'), tree.error('scan')]).toEqual([undefined, 'EIO'])
})

test('recovery_tmo can be written while the session is logged in', async () => {
  const host = stage()
  await loggedIn(host)
  const write = (value: string) =>
    host.kernel.write(
      { directory: '/sys/class/iscsi_session/session1', guards: [], attribute: 'recovery_tmo', value, waits: 'bounded' },
      signal,
    )
  expect(await write('15')).toEqual({ outcome: 'written' })
  expect(host.text('/sys/class/iscsi_session/session1/recovery_tmo')).toBe('15')
  await expect(write('soon')).rejects.toMatchObject({ details: { errno: 'EINVAL' } })
  host.storage.portal('10.99.1.1:3260', 'refuse')
  await host.clock.advance(6000)
  await expect(write('20')).rejects.toMatchObject({ details: { errno: 'EBUSY' } })
})

test('the machine itself', async () => {
  const host = stage()
  expect(await host.files.read('/proc/1/comm')).toBe('systemd')
  expect(await host.files.read(`/proc/${host.text('/run/iscsid.pid') ?? ''}/comm`)).toBe('iscsid')
  expect(await host.files.stat('/run/udev/control')).toMatchObject({ type: 'other' })
  expect(await host.files.read('/etc/iscsi/initiatorname.iscsi')).toContain('InitiatorName=iqn.2004-10.example:fake-host')
  expect(await host.files.resolve('/var/run/iscsid.pid')).toBe('/run/iscsid.pid')
})
