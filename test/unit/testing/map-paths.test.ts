/** The behaviour of a map when its paths fail, come back and are removed. */
import { expect, test } from 'vitest'

import type { FakeHost } from '../../../lib/testing/index.js'
import { ask, bothPaths, known, maps, SECOND, status, statusLine, withMap } from './mapped.js'
import { IQN, iscsiadm, PORTAL, signal, state, tell, took } from './stage.js'

const FIRST_DOWN = '2 0 0 0 2 2 E 0 1 2 8:0 F 1 0 1 A 0 1 2 8:16 A 0 0 1 '
const read = (host: FakeHost) => host.kernel.readDirect('/dev/dm-0', 1080, 2, signal)
const pathEvents = (host: FakeHost) => host.trace.filter(({ call, subject }) => call === 'uevent.kernel' && subject.endsWith('dm-0')).length

test('I/O on a map goes to a path that works; one that fails it is taken out, and all is told', async () => {
  const { host, wwid } = await withMap()
  expect((await read(host)).join()).toBe('83,239')
  await tell(host, 'state', 'offline', '0:0:0:1')
  using watch = await host.events.watch([`uuid:mpath-${wwid}`])
  expect((await read(host)).join()).toBe('83,239')
  await watch.next(signal)
  expect(await statusLine(host, wwid)).toBe(FIRST_DOWN)
  await host.kernel.flush('/dev/dm-0', signal)
})

test('the checker finds a path that is offline within its interval, and one that works again', async () => {
  const { host, wwid } = await withMap()
  await tell(host, 'state', 'offline', '0:0:0:1')
  await host.clock.advance(5_000)
  expect((await statusLine(host, wwid))?.includes('8:0 F 1')).toBe(true)
  expect(JSON.parse((await ask(host, `show map ${wwid} json`)).replace('\0', ''))).toMatchObject({
    map: { paths: 1, path_groups: [{ paths: [{ dev: 'sda', dm_st: 'failed', dev_st: 'offline', chk_st: 'faulty' }] }, {}] },
  })
  await tell(host, 'state', 'running', '0:0:0:1')
  await host.clock.advance(5_000)
  expect((await statusLine(host, wwid))?.includes('8:0 A 1')).toBe(true)
})

test('a portal that is silent: nothing is decided while the kernel holds the path back, which multipathd has set to five seconds', async () => {
  const { host, wwid } = await withMap()
  expect(host.text('/sys/class/iscsi_session/session1/recovery_tmo')).toBe('5')
  host.storage.portal(PORTAL, 'drop')
  await host.clock.advance(12_000)
  expect([state(host), (await statusLine(host, wwid))?.includes('8:0 A 0')]).toEqual(['FAILED', true])
  await host.clock.advance(8_000)
  expect((await statusLine(host, wwid))?.includes('8:0 F 1')).toBe(true)
  host.storage.portal(PORTAL, 'open')
  await host.clock.advance(8_000)
  expect((await statusLine(host, wwid))?.includes('8:0 A 1')).toBe(true)
})

test('I/O that a silent portal has is answered by the other path when the kernel gives the first one up', async () => {
  const { host } = await withMap()
  host.storage.portal(PORTAL, 'drop')
  expect(await took(host, () => read(host))).toBeGreaterThan(14_000)
  expect(await took(host, () => read(host))).toBeLessThan(10)
})

test('no path is left: I/O fails, and udev says that the map is not ready, until a path comes back', async () => {
  const { host } = await withMap()
  for (const hctl of ['0:0:0:1', '1:0:0:1']) await tell(host, 'state', 'offline', hctl)
  await expect(read(host)).rejects.toMatchObject({ details: { errno: 'EIO' } })
  await host.clock.advance(500)
  const seen = () => ['MPATH_DEVICE_READY', 'DM_UDEV_DISABLE_OTHER_RULES_FLAG', 'DM_ACTIVATION'].map((name) => known(host, 'dm-0', name))
  expect(seen()).toEqual(['0', '1', '0'])
  await tell(host, 'state', 'running', '0:0:0:1')
  await host.clock.advance(6_000)
  expect(seen()).toEqual(['1', undefined, '1'])
})

test.each(['disablequeueing', 'fail_if_no_path', 'path comes back'])('a map that queues holds I/O back until: %s', async (how) => {
  const { host, wwid } = await withMap({ noPathRetry: 'queue' })
  expect((await host.kernel.deviceMapper({ uuid: `mpath-${wwid}`, command: 'table' }, signal))?.targets[0]?.parameters).toBe(
    '1 queue_if_no_path 1 alua 2 1 service-time 0 1 2 8:0 1 1 service-time 0 1 2 8:16 1 1 ',
  )
  for (const hctl of ['0:0:0:1', '1:0:0:1']) await tell(host, 'state', 'offline', hctl)
  let ended = 'not yet'
  const reading = read(host).then(
    () => (ended = 'read'),
    () => (ended = 'EIO'),
  )
  await host.clock.advance(60_000)
  expect([ended, await host.kernel.removeMap(`mpath-${wwid}`, signal), await ask(host, `del map ${wwid}`)]).toEqual([
    'not yet',
    'busy',
    'fail\n\0',
  ])
  if (how === 'disablequeueing') expect(await ask(host, `disablequeueing map ${wwid}`)).toBe('ok\n\0')
  else if (how === 'fail_if_no_path') await host.kernel.deviceMapper({ uuid: `mpath-${wwid}`, command: { message: how } }, signal)
  else await tell(host, 'state', 'running', '0:0:0:1')
  await reading
  expect(ended).toBe(how === 'path comes back' ? 'read' : 'EIO')
})

test('a disk that goes leaves the map; with the last one the map goes', async () => {
  const { host, wwid } = await withMap()
  await tell(host, 'delete', '1', '0:0:0:1')
  await host.clock.advance(500)
  expect([host.names('/sys/block/dm-0/slaves'), await statusLine(host, wwid)]).toEqual([['sdb'], '2 0 0 0 1 1 A 0 1 2 8:16 A 0 0 1 '])
  await tell(host, 'delete', '1', '1:0:0:1')
  await host.clock.advance(500)
  expect([maps(host), host.names('/dev/mapper'), host.names('/dev').includes('dm-0')]).toEqual([[], ['control'], false])
  expect(host.names('/run/udev/data')).toEqual([])
})

test('with the last path an open map stays, without any', async () => {
  const { host, wwid } = await withMap()
  const mount = host.users.mount('/dev/dm-0')
  for (const portal of [PORTAL, SECOND]) await iscsiadm(host, `-m node -T ${IQN} -p ${portal} --logout`)
  await host.clock.advance(1_000)
  expect([await statusLine(host, wwid), host.names('/sys/block/dm-0/slaves')]).toEqual(['2 0 0 0 0 0 ', []])
  await expect(read(host)).rejects.toMatchObject({ details: { errno: 'EIO' } })
  mount.unmount()
  expect(await host.kernel.removeMap(`mpath-${wwid}`, signal)).toBe('removed')
})

test('a disk that went without multipathd leaves a link to nowhere, and keeps its name', async () => {
  const { host, wwid } = await withMap()
  host.multipathd.stop()
  await tell(host, 'delete', '1', '0:0:0:1')
  await host.clock.advance(500)
  expect([host.names('/sys/block/dm-0/slaves'), host.real('/sys/block/dm-0/slaves/sda')]).toEqual([['sda', 'sdb'], undefined])
  await host.kernel.write(
    { directory: '/sys/class/scsi_host/host0', guards: [], attribute: 'scan', value: '0 0 1', waits: 'bounded' },
    signal,
  )
  await host.clock.advance(500)
  expect(host.names('/sys/block')).toEqual(['dm-0', 'sdb', 'sdc'])
  host.multipathd.start()
  await host.clock.advance(500)
  expect([host.names('/sys/block/dm-0/slaves'), (await status(host, wwid))?.openCount]).toEqual([['sdb', 'sdc'], 0])
})

test('only a failed path is told to be reinstated', async () => {
  const { host, wwid } = await withMap()
  const message = (text: string) => host.kernel.deviceMapper({ uuid: `mpath-${wwid}`, command: { message: text } }, signal)
  const before = pathEvents(host)
  expect(await message('reinstate_path 8:0')).toMatchObject({ name: wwid, targets: [] })
  expect(pathEvents(host)).toBe(before)
  await message('fail_path 8:0')
  expect([pathEvents(host), (await statusLine(host, wwid))?.includes('8:0 F 1')]).toEqual([before + 1, true])
  await expect(message('fail_path 8:99')).rejects.toMatchObject({ details: { errno: 'EINVAL' } })
})

test('a map that is suspended holds I/O back', async () => {
  const { host, wwid } = await withMap()
  const map = host.mapper.named(wwid)
  if (map === undefined) throw new Error('no map')
  map.suspended = true
  expect([host.text('/sys/block/dm-0/dm/suspended'), (await status(host, wwid))?.suspended]).toEqual(['1', true])
  const reading = read(host)
  await host.clock.advance(60_000)
  map.suspended = false
  expect((await reading).length).toBe(2)
  await bothPaths(host)
})
