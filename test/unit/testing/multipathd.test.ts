/** The daemon itself: its socket, its start and end, and the devices that it has open. */
import { expect, test } from 'vitest'

import { ask, bothPaths, known, mapped, maps, status, statusLine, withMap } from './mapped.js'
import { loggedIn, scan, signal, stage, tell } from './stage.js'

test('it is known by its pid file and its name', async () => {
  const { host } = await mapped()
  const pid = host.text('/run/multipathd.pid') ?? ''
  expect(host.text(`/proc/${pid}/comm`)).toBe('multipathd')
  expect(await ask(host, 'show daemon')).toBe(`pid ${pid} idle\n\0`)
  host.multipathd.kill()
  expect([host.text('/run/multipathd.pid'), host.text(`/proc/${pid}/comm`)]).toEqual([pid, undefined])
  host.multipathd.start()
  host.multipathd.stop()
  expect(host.text('/run/multipathd.pid')).toBeUndefined()
})

test('maps outlive it; without it nobody takes paths out or brings them back, and after its start it takes over what is there', async () => {
  const { host, wwid } = await withMap()
  host.multipathd.stop()
  await tell(host, 'state', 'offline', '0:0:0:1')
  await host.clock.advance(20_000)
  expect((await statusLine(host, wwid))?.includes('8:0 A 0')).toBe(true)
  await host.kernel.readDirect('/dev/dm-0', 0, 512, signal)
  await tell(host, 'state', 'running', '0:0:0:1')
  await host.clock.advance(20_000)
  expect((await statusLine(host, wwid))?.includes('8:0 F 1')).toBe(true)
  host.multipathd.start()
  await host.clock.advance(6_000)
  expect((await statusLine(host, wwid))?.includes('8:0 A 1')).toBe(true)
  expect(await ask(host, 'show maps raw format "%n %w %d %t %N %S"')).toBe(`${wwid} ${wwid} dm-0 active 2 64M\n\0`)
})

test('when it ends in order it switches queueing off', async () => {
  const { host, wwid } = await withMap({ noPathRetry: 'queue' })
  const queues = async () =>
    (await host.kernel.deviceMapper({ uuid: `mpath-${wwid}`, command: 'table' }, signal))?.targets[0]?.parameters[0] === '1'
  expect(await queues()).toBe(true)
  host.multipathd.stop()
  expect(await queues()).toBe(false)
  host.multipathd.restart()
  await host.clock.advance(100)
  expect(await queues()).toBe(true)
})

test('systemd may start it for who connects: a client, or udev’s rules', async () => {
  const { host } = await mapped({ multipathd: 'stopped', multipathdSocketActivated: true })
  expect(host.multipathd.running).toBe(false)
  expect(await ask(host, 'show daemon')).toMatch(/^pid [0-9]+ idle/)
  host.multipathd.stop()
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  expect(host.multipathd.running).toBe(true)
  const without = await mapped({ multipathd: 'stopped' })
  await expect(ask(without.host, 'show daemon')).rejects.toMatchObject({ details: { errno: 'ECONNREFUSED' } })
})

test('a disk whose wwid is written down is claimed also while it is stopped: nobody can use it', async () => {
  const { host, wwid } = await mapped({ multipathd: 'stopped' })
  host.put('/etc/multipath/wwids', `/${wwid}/\n`)
  await scan(host, '0 0 1')
  await host.clock.advance(500)
  expect([maps(host), known(host, 'sda', 'ID_FS_TYPE'), known(host, 'sda', 'SYSTEMD_READY')]).toEqual([[], 'mpath_member', '0'])
})

test('udev says of a path that it is one, and of the map what is on it', async () => {
  const { host, wwid } = await withMap()
  expect([known(host, 'sda', 'DM_MULTIPATH_DEVICE_PATH'), known(host, 'sda', 'ID_FS_TYPE')]).toEqual(['1', 'mpath_member'])
  const properties = ['DM_NAME', 'DM_UUID', 'DM_ACTIVATION', 'MPATH_DEVICE_READY', 'DM_UDEV_DISABLE_OTHER_RULES_FLAG', 'ID_FS_TYPE']
  expect(properties.map((name) => known(host, 'dm-0', name))).toEqual([wwid, `mpath-${wwid}`, '1', '1', undefined, 'ext4'])
})

test('the first event of a map comes too early for the rules; a reload is no activation', async () => {
  const { host } = await mapped({ findMultipaths: 'no' })
  await scan(host, '0 0 1')
  await host.clock.advance(160)
  const seen = () =>
    ['DM_NAME', 'DM_UDEV_DISABLE_OTHER_RULES_FLAG', 'MPATH_DEVICE_READY', 'DM_ACTIVATION'].map((name) => known(host, 'dm-0', name))
  expect([seen(), host.names('/dev/mapper')]).toEqual([[undefined, '1', undefined, undefined], ['control']])
  await host.clock.advance(60)
  expect(seen().slice(1)).toEqual([undefined, '1', '1'])
  await scan(host, '0 0 1', 1)
  await host.clock.advance(500)
  expect(seen().slice(1)).toEqual([undefined, '1', '0'])
})

test('paths are listed in the asked form, in a map or not', async () => {
  const { host, wwid } = await withMap()
  await scan(host, '0 0 2')
  await host.clock.advance(500)
  await ask(host, 'del map dm-2')
  expect(await ask(host, 'show paths raw format "%d %D %t %o %T %i"')).toBe(
    ['sda 8:0 active running ready 0:0:0:1', 'sdb 8:16 active running ready 1:0:0:1', 'sdc 8:32 active running ready 0:0:0:2', '\0'].join(
      '\n',
    ),
  )
  expect(await ask(host, `del map ${wwid}`)).toBe('ok\n\0')
  expect((await ask(host, 'show paths raw format "%d %w %t %o %T %m"')).split('\n')[0]).toBe(`sda ${wwid} undef unknown undef [orphan]`)
  expect(await ask(host, 'show status')).toBe('path checker states:\nup                  3\n\npaths: 1\nbusy: False\n\0')
})

test('the JSON of a map is the daemon’s', async () => {
  const { host, wwid } = await withMap()
  const text = (await ask(host, 'show maps json')).replace('\0', '')
  expect(JSON.parse(text)).toMatchObject({
    major_version: 0,
    minor_version: 1,
    maps: [
      {
        name: wwid,
        uuid: wwid,
        sysfs: 'dm-0',
        paths: 2,
        features: '0',
        path_groups: [{ group: 1, paths: [{ dev: 'sda', lun_hex: '0x0001000000000000' }] }, {}],
      },
    ],
  })
  expect(JSON.parse((await ask(host, 'show map dm-0 json')).replace('\0', ''))).toHaveProperty('map.uuid', wwid)
  expect(await ask(host, 'show map none json')).toBe('fail\n\0')
})

test('paths of a map that was deleted stay without one, until somebody asks for it', async () => {
  const { host, wwid } = await withMap()
  expect([await ask(host, `del map ${wwid}`), maps(host)]).toEqual(['ok\n\0', []])
  host.uevents.kernel('change', host.real('/sys/block/sda') ?? '', 'block', { MAJOR: '8', MINOR: '0', DEVNAME: 'sda' })
  await host.clock.advance(10_000)
  expect([maps(host), host.names('/sys/block/sda/holders')]).toEqual([[], []])
  expect([await ask(host, 'add path sda'), maps(host)]).toEqual(['ok\n\0', [wwid]])
  expect(await ask(host, 'reconfigure')).toBe('ok\n\0')
  await host.clock.advance(1_000)
  expect(host.names('/sys/block/dm-0/slaves')).toEqual(['sda', 'sdb'])
})

test('`add path` goes by udev: a disk that udev has not described yet cannot be added', async () => {
  const { host } = await mapped({ findMultipaths: 'no' })
  await scan(host, '0 0 1')
  await host.clock.advance(30)
  expect(host.names('/sys/block')).toEqual(['sda'])
  expect([await ask(host, 'add path sda'), await ask(host, 'add path sdz')]).toEqual(['fail\n\0', 'fail\n\0'])
})

test('`del path` takes a path out of its map', async () => {
  const { host } = await withMap()
  expect([await ask(host, 'del path sda'), host.names('/sys/block/dm-0/slaves')]).toEqual(['ok\n\0', ['sdb']])
  expect(await ask(host, 'del path sda')).toBe('fail\n\0')
  expect([await ask(host, 'del path sdb'), maps(host)]).toEqual(['ok\n\0', []])
})

test('a map that is open is not removed: by nobody', async () => {
  const { host, wwid } = await withMap()
  const uses = [
    () => {
      const mount = host.users.mount('/dev/dm-0')
      return () => mount.unmount()
    },
    () => host.users.open('/dev/dm-0').close,
    () => host.users.swapOn('/dev/dm-0'),
    () => host.users.stack('/dev/dm-0', 'dm-1'),
  ]
  for (const use of uses) {
    const stop = use()
    expect([await ask(host, `del map ${wwid}`), await host.kernel.removeMap(`mpath-${wwid}`, signal)]).toEqual(['fail\n\0', 'busy'])
    expect((await status(host, wwid))?.openCount).toBe(1)
    stop()
  }
  expect(await host.kernel.removeMap(`mpath-${wwid}`, signal)).toBe('removed')
  expect(await host.kernel.removeMap(`mpath-${wwid}`, signal)).toBe('gone')
  expect(await ask(host, 'show maps json')).toContain('"maps": []')
})

test('paths are held by their map, and open in multipathd; the map is held by who mounts it', async () => {
  const { host, wwid } = await withMap()
  const pid = Number(host.text('/run/multipathd.pid'))
  expect(await host.kernel.hold('/dev/sda', signal)).toBe('busy')
  expect(() => host.users.mount('/dev/sda')).toThrow(/busy/)
  expect((await host.kernel.openers(['8:0', '253:0'], signal)).openers).toEqual([{ pid, device: '8:0' }])
  const opener = host.users.open('/dev/dm-0')
  expect((await host.kernel.openers(['253:0'], signal)).openers).toEqual([{ pid: opener.pid, device: '253:0' }])
  opener.close()
  const mount = host.users.mount('/dev/dm-0')
  expect(await host.kernel.hold('/dev/dm-0', signal)).toBe('busy')
  expect(host.text('/proc/1/mountinfo')).toContain(`253:0 / /mnt/dm-0 rw,relatime shared:31 - ext4 /dev/mapper/${wwid} rw`)
  mount.unmount()
  const held = await host.kernel.hold('/dev/dm-0', signal)
  expect(typeof held === 'object' ? await host.kernel.removeMap(`mpath-${wwid}`, signal) : 'not held').toBe('busy')
})

test('a disk that now is another volume leaves the map', async () => {
  const { host, wwid } = await withMap()
  host.storage.iscsi.mapLun('iqn.2004-10.example:storage', 1, 'two')
  await host.clock.advance(10_000)
  expect(host.names('/sys/block/dm-0/slaves')).toEqual(['sda', 'sdb'])
  await tell(host, 'rescan', '1', '0:0:0:1')
  host.uevents.kernel('change', host.real('/sys/block/sda') ?? '', 'block', { MAJOR: '8', MINOR: '0', DEVNAME: 'sda' })
  await host.clock.advance(500)
  expect(maps(host).sort()).toEqual([wwid, host.text('/sys/block/dm-1/dm/name')].sort())
  expect([host.names('/sys/block/dm-0/slaves'), host.names('/sys/block/dm-1/slaves')]).toEqual([['sdb'], ['sda']])
})

test('after a boot nothing of a map is left but its wwid', async () => {
  const { host, wwid } = await withMap()
  const next = host.reboot()
  await next.clock.advance(1_000)
  expect([maps(next), next.multipathd.running, next.text('/etc/multipath/wwids')?.includes(wwid)]).toEqual([[], true, true])
})

test.each(['show paths json', 'show topology', 'frobnicate', 'show paths raw format "%q"'])(
  'what the model does not know is noted: %s',
  async (command) => {
    const host = stage({ multipathd: 'running' })
    await expect(ask(host, command)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(() => host.verify()).toThrow(/multipathd's command/)
  },
)

test('a frame whose length is wrong is noted', async () => {
  const host = stage({ multipathd: 'running' })
  const bytes = Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0x61, 0)
  await expect(
    host.kernel.exchange({ socket: '/org/kernel/linux/storage/multipathd', bytes, reply: 'framed' }, signal),
  ).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED',
  })
})

test('calls about maps meet planted faults, by command', async () => {
  const { host, wwid } = await withMap()
  host.faults.plant({ on: 'kernel.exchange', matching: ['multipathd', 'show maps'], does: { fail: 'EPIPE' } })
  host.faults.plant({ on: 'kernel.removeMap', matching: wwid, does: { answer: 'busy' } })
  host.faults.plant({ on: 'kernel.deviceMapper', matching: 'status', does: { delayMs: 100 } })
  await expect(ask(host, 'show maps json')).rejects.toMatchObject({ details: { errno: 'EPIPE' } })
  expect(await host.kernel.removeMap(`mpath-${wwid}`, signal)).toBe('busy')
  const before = host.clock.now()
  await status(host, wwid)
  expect(host.clock.now() - before).toBe(100)
  host.verify()
})

test('tests that know nothing of multipath see nothing of it', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await bothPaths(host).catch(() => undefined)
  expect([known(host, 'sda', 'DM_MULTIPATH_DEVICE_PATH'), known(host, 'sda', 'ID_FS_TYPE')]).toEqual(['0', 'ext4'])
})

test('a daemon that starts before udev takes over a map with the paths that the kernel has in it', async () => {
  const { host, wwid } = await withMap()
  host.multipathd.stop()
  for (const number of ['8:0', '8:16']) host.take(`/run/udev/data/b${number}`)
  host.multipathd.start()
  await host.clock.advance(1_000)
  expect([maps(host), host.names('/sys/block/dm-0/slaves')]).toEqual([[wwid], ['sda', 'sdb']])
  expect((await ask(host, 'show paths raw format "%d %m"')).replace('\0', '')).toBe(`sda ${wwid}\nsdb ${wwid}\n`)
})

test('the last path of a map that udev has not seen yet takes it along', async () => {
  const { host } = await mapped({ findMultipaths: 'no', delays: { udev: 200 } })
  await scan(host, '0 0 1')
  await host.clock.advance(260)
  expect(maps(host).length).toBe(1)
  await tell(host, 'delete')
  await host.clock.advance(260)
  expect(maps(host)).toEqual([])
  await host.clock.advance(1_000)
  expect([host.names('/run/udev/data'), host.names('/dev/mapper')]).toEqual([[], ['control']])
})
