import { expect, test } from 'vitest'

import { device, inquiry, IQN, iscsiadm, loggedIn, login, PORTAL, record, scan, signal, stage, tell, took } from './stage.js'

const hctls = (host: ReturnType<typeof stage>) => host.names('/sys/class/scsi_device')

test('when the scan returns the SCSI device is there; its disk comes a little later', async () => {
  const host = stage()
  await loggedIn(host)
  expect(await took(host, () => scan(host, '0 0 1'))).toBe(5)
  expect(host.text(`${device()}/wwid`)).toMatch(/^naa\.6001405[0-9a-f]{25}$/)
  expect([host.names(`${device()}/block`), host.names('/dev')]).toEqual([[], ['bsg', 'disk', 'mapper', 'sg0']])
  await host.clock.advance(10)
  expect([host.names(`${device()}/block`), host.names('/dev').includes('sda')]).toEqual([['sda'], true])
})

test('the node is there a moment before the disk is live', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(10)
  expect(await host.kernel.hold('/dev/sda', signal)).toBe('gone')
  await expect(host.kernel.readDirect('/dev/sda', 0, 512, signal)).rejects.toMatchObject({ details: { errno: 'ENXIO' } })
  await host.clock.advance(1)
  expect(await host.kernel.hold('/dev/sda', signal)).not.toBe('gone')
})

test('an absent LUN is a success and nothing; so is a session that is not logged in, another channel, another target', async () => {
  const host = stage()
  await loggedIn(host)
  for (const value of ['0 0 7', '1 0 1', '0 3 1']) expect(await scan(host, value)).toEqual({ outcome: 'written' })
  expect(hctls(host)).toEqual([])
  record(host, {}, PORTAL, 'iqn.other')
  void login(host, PORTAL, 'iqn.other')
  await host.clock.advance(1000)
  expect(await scan(host, '0 0 1', 1)).toEqual({ outcome: 'written' })
  expect(hctls(host)).toEqual([])
})

test('numbers are decimal, octal or hexadecimal; - is any; anything else is EINVAL', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 0x1')
  expect(hctls(host)).toEqual(['0:0:0:1'])
  await scan(host, '- - -\n')
  expect(hctls(host)).toEqual(['0:0:0:1', '0:0:0:2'])
  for (const bad of ['0 0', '0 0 one', '0 0 1 1']) await expect(scan(host, bad)).rejects.toMatchObject({ details: { errno: 'EINVAL' } })
})

test('scans of one host are one after another, scans of two side by side', async () => {
  const host = stage()
  host.storage.iscsi.target({ iqn: 'iqn.b', portals: [PORTAL], luns: { 1: 'two' } })
  await loggedIn(host)
  record(host, {}, PORTAL, 'iqn.b')
  await login(host, PORTAL, 'iqn.b')
  expect(await took(host, () => Promise.all([scan(host, '0 0 1'), scan(host, '0 0 2')]))).toBe(10)
  await Promise.all([tell(host, 'delete'), tell(host, 'delete', '1', '0:0:0:2')])
  expect(await took(host, () => Promise.all([scan(host, '0 0 1'), scan(host, '0 0 1', 1)]))).toBe(5)
})

test('a LUN that is there is not looked at again: the kernel goes on showing the old volume, the LUN answers as the new one', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  const old = host.text(`${device()}/wwid`)
  host.storage.iscsi.mapLun(IQN, 1, 'two')
  await scan(host, '0 0 1')
  await scan(host, '- - -')
  expect(host.text(`${device()}/wwid`)).toBe(old)
  const { data } = await inquiry(host, 0x83)
  expect(Buffer.from(data).toString('hex')).not.toContain(old?.slice('naa.'.length))
  expect(new TextDecoder().decode((await host.kernel.readDirect('/dev/sda', 0, 10, signal)).slice(0, 10))).toBe('volume two')
  await tell(host, 'rescan')
  expect(host.text(`${device()}/wwid`)).not.toBe(old)
})

test('rescan sees a new size and says so', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  host.storage.resize('one', 128)
  using watch = await host.events.watch(['sda'])
  await tell(host, 'rescan')
  await watch.next(signal)
  expect(host.text('/sys/block/sda/size')).toBe('262144')
  expect(host.trace.some(({ call, subject }) => call === 'uevent.kernel' && /^change .*\/block\/sda$/.test(subject))).toBe(true)
})

test('removing the LUN on the storage side leaves the disk; only I/O notices', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  host.storage.iscsi.unmapLun(IQN, 1)
  await host.clock.advance(60_000)
  expect(host.text(`${device()}/state`)).toBe('running')
  await expect(host.kernel.flush('/dev/sda', signal)).rejects.toMatchObject({ details: { errno: 'EIO' } })
})

test('delete removes it, whoever uses it; the names are given out again, the sequence number is not', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  const mount = host.users.mount('/dev/sda')
  expect(await tell(host, 'delete')).toEqual({ outcome: 'written' })
  expect([hctls(host), host.names('/sys/block'), host.names('/dev').includes('sda')]).toEqual([[], [], false])
  expect(host.names('/sys/devices/platform/host0/session1')).toEqual(['connection1:0', 'iscsi_session'])
  expect(await tell(host, 'delete')).toEqual({ outcome: 'gone' })
  mount.unmount()
  await scan(host, '0 0 2')
  await host.clock.advance(100)
  expect([host.names('/sys/block'), host.text('/sys/block/sda/diskseq')]).toEqual([['sda'], '2'])
})

test('a delete just after the scan takes the disk before it was ever live', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await tell(host, 'delete')
  await host.clock.advance(1000)
  expect([hctls(host), host.names('/sys/block'), host.names('/dev')]).toEqual([[], [], ['bsg', 'disk', 'mapper']])
})

test('guards keep a write from the next object of the same name', async () => {
  const host = stage()
  await loggedIn(host)
  const write = (equals: string) =>
    host.kernel.write(
      {
        directory: '/sys/class/scsi_host/host0',
        guards: [{ attribute: 'device/session1/iscsi_session/session1/targetname', equals }],
        attribute: 'scan',
        value: '0 0 1',
        waits: 'bounded',
      },
      signal,
    )
  expect(await write('iqn.other')).toMatchObject({ outcome: 'changed', found: IQN })
  expect(await write(IQN)).toEqual({ outcome: 'written' })
  await iscsiadm(host, '-m session -u')
  await login(host)
  expect(await write(IQN)).toEqual({ outcome: 'gone' })
})
