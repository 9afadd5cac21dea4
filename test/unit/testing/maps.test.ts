/** How multipathd creates a map, by itself and on request. */
import { expect, test } from 'vitest'

import type { FakeHost } from '../../../lib/testing/index.js'
import { ask, bothPaths, known, mapped, maps, status, statusLine, withMap } from './mapped.js'
import { run, scan, signal, tell } from './stage.js'

const blockEvents = (host: FakeHost) =>
  host.trace
    .filter(({ call, subject }) => call.startsWith('uevent.') && /\/block\/[^/]+$/.test(subject))
    .map(({ call, subject }) => `${call.slice('uevent.'.length)} ${subject.split(' ')[0] ?? ''} ${subject.split('/').at(-1) ?? ''}`)

test('as shipped (strict) a volume that multipath has never had gets no map, and its disks are everybody’s', async () => {
  const { host } = await mapped()
  await bothPaths(host)
  expect([maps(host), host.text('/etc/multipath/wwids')]).toEqual([[], undefined])
  expect([known(host, 'sda', 'DM_MULTIPATH_DEVICE_PATH'), known(host, 'sda', 'ID_FS_TYPE')]).toEqual(['0', 'ext4'])
  expect(await ask(host, 'show maps json')).toContain('"maps": []')
})

test('`add map WWID` makes it all the same, of the paths that multipathd knows, and writes the wwid down', async () => {
  const { host, wwid } = await mapped()
  await scan(host, '0 0 1')
  await host.clock.advance(30)
  expect([await ask(host, `add map ${wwid}`), maps(host)]).toEqual(['fail\n\0', []])
  await bothPaths(host)
  expect(await ask(host, `add map ${wwid}`)).toBe('ok\n\0')
  expect([maps(host), await statusLine(host, wwid)]).toEqual([[wwid], '2 0 0 0 2 1 A 0 1 2 8:0 A 0 0 1 E 0 1 2 8:16 A 0 0 1 '])
  expect(host.text('/etc/multipath/wwids')).toMatch(new RegExp(`^# Multipath wwids, Version : 1.0\n(#.*\n)+/${wwid}/$`))
  expect(await ask(host, `add map ${wwid}`)).toBe('ok\n\0')
  expect(await ask(host, 'add map 36001405none')).toBe('fail\n\0')
})

test('a volume whose wwid is written down gets its map with the first path, and the next path joins', async () => {
  const { host, wwid } = await mapped()
  host.put('/etc/multipath/wwids', `# Valid WWIDs:\n/${wwid}/\n`)
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  expect(await statusLine(host, wwid)).toBe('2 0 0 0 1 1 A 0 1 2 8:0 A 0 0 1 ')
  await scan(host, '0 0 1', 1)
  await host.clock.advance(500)
  expect(host.names('/sys/block/dm-0/slaves')).toEqual(['sda', 'sdb'])
})

test.each([
  { findMultipaths: 'no', first: 1, both: 1 },
  { findMultipaths: 'greedy', first: 1, both: 1 },
  { findMultipaths: 'yes', first: 0, both: 1 },
  { findMultipaths: 'smart', first: 0, both: 1 },
  { findMultipaths: 'strict', first: 0, both: 0 },
] as const)('find_multipaths $findMultipaths: $first maps with one path, $both with two', async ({ findMultipaths, first, both }) => {
  const { host } = await mapped({ findMultipaths })
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  expect(maps(host).length).toBe(first)
  await scan(host, '0 0 1', 1)
  await host.clock.advance(500)
  expect(maps(host).length).toBe(both)
})

test('smart keeps a first path from everybody for ten seconds, then lets it go', async () => {
  const { host } = await mapped({ findMultipaths: 'smart' })
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  const seen = () => [known(host, 'sda', 'DM_MULTIPATH_DEVICE_PATH'), known(host, 'sda', 'SYSTEMD_READY'), known(host, 'sda', 'ID_FS_TYPE')]
  expect(seen()).toEqual(['1', '0', undefined])
  await host.clock.advance(11_000)
  expect(seen()).toEqual(['0', undefined, 'ext4'])
})

test('from the disks to a map that udev has described: what is told, in order', async () => {
  const { host, wwid } = await withMap()
  expect(blockEvents(host)).toEqual([
    ...['kernel add sda', 'kernel add sdb', 'udev add sda', 'udev add sdb'],
    ...['kernel add dm-0', 'kernel change dm-0', 'kernel change sda', 'kernel change sdb'],
    ...['udev add dm-0', 'udev change sda', 'udev change sdb', 'udev change dm-0'],
  ])
  expect(host.text('/sys/block/dm-0/dm/uuid')).toBe(`mpath-${wwid}`)
})

test('until udev has seen a new map, further paths wait', async () => {
  const { host, wwid } = await mapped({ findMultipaths: 'no', delays: { udev: 200 } })
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  await scan(host, '0 0 1', 1)
  await host.clock.advance(350)
  expect([known(host, 'sdb', 'ID_SERIAL'), host.names('/sys/block/dm-0/slaves')]).toEqual([wwid, ['sda']])
  expect(await ask(host, `resize map ${wwid}`)).toBe('fail\n\0')
  await host.clock.advance(1000)
  expect(host.names('/sys/block/dm-0/slaves')).toEqual(['sda', 'sdb'])
})

test('a map has the layout of the kernel, and links both ways', async () => {
  const { host, wwid } = await withMap()
  const text = (path: string) => host.text(`/sys/devices/virtual/block/dm-0/${path}`)
  expect([text('dm/name'), text('dm/suspended'), text('size'), text('ro'), text('queue/logical_block_size')]).toEqual([
    ...[wwid, '0', '131072', '0', '512'],
  ])
  expect(text('dev')).toBe('253:0')
  expect(Number(text('diskseq'))).toBeGreaterThan(2)
  for (const place of ['/sys/block/dm-0', '/sys/class/block/dm-0', '/sys/dev/block/253:0', '/sys/block/sda/holders/dm-0'])
    expect(host.real(place)).toBe('/sys/devices/virtual/block/dm-0')
  expect(host.real('/sys/block/dm-0/slaves/sdb')).toBe(host.real('/sys/block/sdb'))
  expect(await host.files.stat('/dev/dm-0')).toMatchObject({ type: 'block', device: '253:0' })
  expect(host.real(`/dev/mapper/${wwid}`)).toBe('/dev/dm-0')
})

test('device-mapper answers what it is asked, and nothing else', async () => {
  const { host, wwid } = await withMap()
  const query = (command: 'status' | 'table' | 'deps', uuid = `mpath-${wwid}`) => host.kernel.deviceMapper({ uuid, command }, signal)
  expect(await query('deps')).toEqual({ ...(await query('status')), targets: [], dependencies: ['8:16', '8:0'] })
  expect([(await query('status'))?.dependencies, (await query('table'))?.dependencies]).toEqual([[], []])
  await tell(host, 'delete', '1', '0:0:0:1')
  await host.clock.advance(500)
  expect((await query('deps'))?.dependencies).toEqual(['8:16'])
  expect(await query('deps', 'mpath-none')).toBeUndefined()
})

test('friendly names are bound to their wwids for good; an alias comes first', async () => {
  const { host, wwid } = await withMap({ userFriendlyNames: true })
  expect([maps(host), host.text('/etc/multipath/bindings')?.split('\n').at(-1)]).toEqual([['mpatha'], `mpatha ${wwid}`])
  const again = await withMap({ userFriendlyNames: true, multipathAliases: { [wwid]: 'data' } })
  expect(maps(again.host)).toEqual(['data'])
})

test('with friendly names `add map WWID` makes the map and says fail, since it looks for a map of that name', async () => {
  const { host, wwid } = await mapped({ userFriendlyNames: true })
  await bothPaths(host)
  expect([await ask(host, `add map ${wwid}`), maps(host)]).toEqual(['fail\n\0', ['mpatha']])
  expect(await ask(host, 'add map mpatha')).toBe('ok\n\0')
  expect(await ask(host, `del map ${wwid}`)).toBe('fail\n\0')
  expect(await ask(host, 'del map mpatha')).toBe('ok\n\0')
})

test('what is blacklisted is none of its business', async () => {
  const { host, wwid } = await mapped({ findMultipaths: 'no', multipathBlacklist: ['^sda$'] })
  await bothPaths(host)
  expect([host.names('/sys/block/dm-0/slaves'), await ask(host, 'add path sda')]).toEqual([['sdb'], 'blacklisted\n\0'])
  const all = await mapped({ findMultipaths: 'no', multipathBlacklist: [`^${wwid}$`] })
  await bothPaths(all.host)
  expect([maps(all.host), await ask(all.host, `add map ${wwid}`)]).toEqual([[], 'blacklisted\n\0'])
})

test('a disk that somebody uses cannot become a path; the failure is remembered until it works', async () => {
  const { host, wwid } = await mapped()
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  const mount = host.users.mount('/dev/sda')
  expect([await ask(host, `add map ${wwid}`), maps(host)]).toEqual(['fail\n\0', []])
  expect(host.names('/run/multipath/failed_wwids')).toEqual([wwid])
  mount.unmount()
  expect([await ask(host, `add map ${wwid}`), maps(host)]).toEqual(['ok\n\0', [wwid]])
  expect(host.names('/run/multipath/failed_wwids')).toEqual([])
})

test('a path of another size stays out', async () => {
  const { host } = await mapped({ findMultipaths: 'no' })
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  host.storage.resize('one', 128)
  await scan(host, '0 0 1', 1)
  await host.clock.advance(500)
  expect(host.names('/sys/block/dm-0/slaves')).toEqual(['sda'])
})

test('a resized volume is resized by command, when all paths have the new size', async () => {
  const { host, wwid } = await withMap()
  host.storage.resize('one', 128)
  await tell(host, 'rescan', '1', '0:0:0:1')
  await host.clock.advance(500)
  expect([await ask(host, `resize map ${wwid}`), host.text('/sys/block/dm-0/size')]).toEqual(['fail\n\0', '131072'])
  await tell(host, 'rescan', '1', '1:0:0:1')
  expect([await ask(host, `resize map ${wwid}`), host.text('/sys/block/dm-0/size')]).toEqual(['ok\n\0', '262144'])
})

test('without multipathd nothing of it is there', async () => {
  const { host, wwid } = await mapped({ multipathd: 'absent' })
  await bothPaths(host)
  expect([maps(host), host.text('/run/multipathd.pid'), await status(host, wwid)]).toEqual([[], undefined, undefined])
  await expect(ask(host, 'show daemon')).rejects.toMatchObject({ code: 'ERR_DAEMON_UNREACHABLE', details: { errno: 'ECONNREFUSED' } })
  expect(await host.kernel.removeMap(`mpath-${wwid}`, signal)).toBe('gone')
  await expect(run(host, 'multipath', '-ll')).rejects.toMatchObject({ code: 'ERR_TOOL_MISSING' })
})
