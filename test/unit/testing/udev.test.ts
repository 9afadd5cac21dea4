import { expect, test } from 'vitest'

import type { FakeHost } from '../../../lib/testing/index.js'
import { IQN, loggedIn, scan, signal, stage, tell } from './stage.js'

const blockEvents = (host: FakeHost) =>
  host.trace
    .filter(({ call, subject }) => call.startsWith('uevent.') && / .*\/block\/sd[a-z]$/.test(subject))
    .map(({ call, subject }) => `${call} ${subject.split(' ')[0] ?? ''}`)

test('the kernel tells at once, udev when its rules have run; only then does its database describe the disk', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  using watch = await host.events.watch(['sda'])
  await watch.next(signal)
  expect([blockEvents(host), watch.udevPending('sda'), host.text('/run/udev/data/b8:0')]).toEqual([['uevent.kernel add'], true, undefined])
  await watch.next(signal)
  expect([blockEvents(host), watch.udevPending('sda')]).toEqual([['uevent.kernel add', 'uevent.udev add'], false])
  const record = host.text('/run/udev/data/b8:0')?.split('\n')
  expect(record?.slice(0, 2)).toEqual(['S:disk/by-diskseq/1', expect.stringMatching(/^I:[0-9]+$/)])
  const naa = host.text('/sys/block/sda/device/wwid')?.slice('naa.'.length) ?? ''
  expect(record).toEqual(expect.arrayContaining([`E:ID_SERIAL=3${naa}`, `E:ID_WWN=0x${naa.slice(0, 16)}`, 'E:ID_FS_TYPE=ext4']))
})

test('a blank disk has no file system', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 2')
  await host.clock.advance(100)
  expect(host.text('/run/udev/data/b8:0')).not.toContain('ID_FS_TYPE')
})

test('a database that is not yet cleared describes the disk before, under the name that the next one has', async () => {
  const host = stage({ delays: { udevOther: 50 } })
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(300)
  await tell(host, 'delete')
  await scan(host, '0 0 2')
  await host.clock.advance(11)
  expect([host.text('/sys/block/sda/diskseq'), host.text('/run/udev/data/b8:0')?.includes('ext4')]).toEqual(['2', true])
  await host.clock.advance(300)
  expect(host.text('/run/udev/data/b8:0')?.includes('ext4')).toBe(false)
})

test('the time in the record is that of the first event, as long as the device is there', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(300)
  const time = () => /^I:.*$/m.exec(host.text('/run/udev/data/b8:0') ?? '')?.[0]
  const first = time()
  host.storage.resize('one', 128)
  await tell(host, 'rescan')
  await host.clock.advance(300)
  expect([time(), host.text('/run/udev/data/b8:0')]).toEqual([first, expect.stringContaining('S:disk/by-diskseq/1')])
  await tell(host, 'delete')
  await scan(host, '0 0 1')
  await host.clock.advance(300)
  expect(time()).not.toBe(first)
})

test('udevd has so many workers: further events wait, and its queue says so', async () => {
  const host = stage({ udevWorkers: 1 })
  await loggedIn(host)
  await host.clock.advance(300)
  expect(await host.files.stat('/run/udev/queue')).toBeUndefined()
  host.udev.occupy(2000)
  await scan(host, '0 0 1')
  await host.clock.advance(1900)
  expect([host.text('/run/udev/data/b8:0'), (await host.files.stat('/run/udev/queue'))?.type]).toEqual([undefined, 'file'])
  await host.clock.advance(300)
  expect([host.text('/run/udev/data/b8:0')?.includes('ext4'), await host.files.stat('/run/udev/queue')]).toEqual([true, undefined])
})

test('udevd that is behind leaves each event alone for so long, and its database as it is', async () => {
  const host = stage({ udevBehindMs: 2000 })
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(1900)
  expect(host.text('/run/udev/data/b8:0')).toBeUndefined()
  await host.clock.advance(300)
  await tell(host, 'delete')
  await host.clock.advance(1900)
  expect(host.text('/run/udev/data/b8:0')).toContain('ext4')
  await host.clock.advance(300)
  expect(host.text('/run/udev/data/b8:0')).toBeUndefined()
})

test('rules that are slow for one device keep nobody else waiting', async () => {
  const host = stage()
  host.udev.slow('sda', 3000)
  await loggedIn(host)
  await scan(host, '0 0 1')
  await scan(host, '0 0 2')
  await host.clock.advance(500)
  expect([host.text('/run/udev/data/b8:0'), host.text('/run/udev/data/b8:16')]).toEqual([undefined, expect.stringContaining('I:')])
})

test.each(['absent from the start', 'stopped before it was done'])('a udevd that is %s answers nothing', async (how) => {
  const host = stage({ udevd: how !== 'absent from the start' })
  await loggedIn(host)
  await scan(host, '0 0 1')
  using watch = await host.events.watch(['sda'])
  await host.clock.advance(20)
  host.udev.stop()
  await host.clock.advance(10_000)
  expect([blockEvents(host), host.text('/run/udev/data/b8:0')]).toEqual([['uevent.kernel add'], undefined])
  expect([await host.files.stat('/run/udev/control'), watch.udevPending('sda')]).toEqual([undefined, true])
})

test('removal is told for everything below the disk, then the database forgets it', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  const before = host.trace.length
  await tell(host, 'delete')
  const told = host.trace.slice(before).filter(({ call }) => call === 'uevent.kernel')
  const names = told.map(({ subject }) => `${subject.split(' ')[0] ?? ''} ${subject.split('/').slice(-2)[0] ?? ''}`)
  expect(names).toEqual([
    'remove bsg',
    'remove scsi_generic',
    'remove scsi_device',
    'remove scsi_disk',
    'remove block',
    'unbind target0:0:0',
    'remove target0:0:0',
    'remove session1',
  ])
  await host.clock.advance(100)
  expect(host.text('/run/udev/data/b8:0')).toBeUndefined()
})

test('sequence numbers grow by one with each kernel event', async () => {
  const host = stage()
  await loggedIn(host)
  await host.clock.advance(100)
  const told = host.trace.filter(({ call }) => call === 'uevent.kernel').length
  expect(await host.files.read('/sys/kernel/uevent_seqnum')).toBe(String(told))
})

test('a watch is woken only by what it asked for, also by keys that were added, and by an overrun', async () => {
  const host = stage()
  await loggedIn(host)
  using session = await host.events.watch(['session1'])
  using other = await host.events.watch(['session9'])
  await scan(host, '0 0 1')
  await session.next(signal)
  const short = new AbortController()
  void host.clock.sleep(500, signal).then(() => short.abort('nothing came'))
  await expect(other.next(short.signal)).rejects.toBe('nothing came')
  other.add(['0:0:0:2'])
  await scan(host, '0 0 2')
  await other.next(signal)
  await host.clock.advance(500)
  await other.next(signal)
  host.uevents.overrun()
  await other.next(signal)
  expect(host.storage.iscsi.targetNamed(IQN).luns.size).toBe(2)
})

test('all who wait on one watch are woken; who gave up takes nothing away', async () => {
  const host = stage()
  using watch = await host.events.watch(['session1'])
  const gone = new AbortController()
  const first = watch.next(gone.signal)
  const others = [watch.next(signal), watch.next(signal)]
  gone.abort('enough')
  await expect(first).rejects.toBe('enough')
  await loggedIn(host)
  await Promise.all(others)
})
