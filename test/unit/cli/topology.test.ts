/** `brickwork enumerate`: the host as people see it. */
import { expect, test } from 'vitest'

import { treeChanges, treeLines } from '../../../lib/cli/text/tree.js'
import type { BlockTopology } from '../../../lib/index.js'
import { IQN, request } from '../../world/expect.js'
import { createFakeWorld } from '../../world/fake/world.js'
import { FIRST, multipath, OTHER, OTHER_PORTAL, PORTALS, serveFour } from '../../world/four.js'
import { shell } from './shell.js'

async function withMap() {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world, { userFriendlyNames: true })
  const attacher = await world.attacher({ owner: 'agent' })
  const { device, wwid = '' } = await attacher.attach(multipath('vol-1'))
  const { brickwork, interrupt } = shell(world.host)
  const enumerate = (...more: string[]) => brickwork('enumerate', '--run-dir', world.runDir, ...more)
  return { world, attacher, device, wwid, enumerate, interrupt }
}

test('a map: whose it is, its paths by portal and session, what is on it and where that is mounted', async () => {
  const { world, device, wwid, enumerate } = await withMap()
  await world.mount(device)
  const { code, out, err } = await enumerate()
  expect([code, err]).toEqual([0, ''])
  const disks = ['sda', 'sdb', 'sdc', 'sdd']
  const path = (disk: string, index: number) =>
    [
      `path ${disk}  8:${index * 16}`.padEnd('path sdd  8:48'.length),
      'active  ready',
      index === 0 ? 'group 1 active ' : `group ${index + 1} enabled`,
      `prio 50  ${index}:0:0:1  LUN 1  running  active/optimized  ${PORTALS[index] ?? ''}  session ${index + 1}  LOGGED_IN  ${IQN}`,
    ].join('  ')
  const session = [
    'interface: initiator iqn.2004-10.example:fake-host, address 10.99.0.1, connection up',
    'time-outs: recovery 5 s, abort 15 s, LUN reset 30 s, target reset 30 s, NOP-Out every 5 s, NOP-Out answer 5 s',
    'negotiated: HeaderDigest None, DataDigest None, MaxRecvDataSegmentLength 256 KiB, MaxXmitDataSegmentLength 256 KiB, FirstBurstLength 64 KiB, MaxBurstLength 256 KiB, ImmediateData Yes, InitialR2T No, MaxOutstandingR2T 1, ErrorRecoveryLevel 0',
  ]
  const [volumes = '', sessions = ''] = out.trimEnd().split('\n\n')
  const row = (text: string) => text.trim().split(/ {2,}/)
  const [title, head = '', map = '', ...below] = volumes.split('\n')
  expect([title, row(head), row(map)]).toEqual([
    'Volumes',
    ['NAME', 'MAJ:MIN', 'TYPE', 'SIZE', 'ACCESS', 'WWID', 'PRODUCT', 'ATTACHMENT'],
    ['dm-0 (mpatha)', '253:0', 'mpath', '64 MiB', 'rw', wwid, 'LIO-ORG FILEIO', 'vol-1 (agent)'],
  ])
  // The columns stand below their headings.
  expect(map.indexOf(wwid)).toBe(head.indexOf('WWID'))
  expect(below).toEqual([
    '  ├─ features none, hardware handler alua, policy service-time 0',
    ...disks.map((disk, index) => `  ├─ ${path(disk, index)}`),
    expect.stringMatching(/^ {2}└─ ext4 {2}UUID [0-9a-f-]{36} {2}mounted on \/mnt\/dm-0$/),
  ])
  const [name, headings = '', ...lines] = sessions.split('\n')
  expect([name, row(headings)]).toEqual([
    'iSCSI sessions',
    ['SESSION', 'TARGET', 'PORTAL', 'STATE', 'HOST', 'IFACE', 'DISKS', 'ATTACHMENT'],
  ])
  expect(lines.filter((_, index) => index % 4 === 0).map(row)).toEqual(
    disks.map((disk, index) => [`[${index + 1}]`, IQN, PORTALS[index], 'LOGGED_IN', `host${index}`, 'default', disk, 'vol-1 (agent)']),
  )
  expect(lines.slice(1, 4)).toEqual([`  ├─ ${session[0] ?? ''}`, `  ├─ ${session[1] ?? ''}`, `  └─ ${session[2] ?? ''}`])
})

test('--columns is a table with headings, in the order of the names, whatever their case', async () => {
  const { world, device, wwid, enumerate } = await withMap()
  expect(device).toBe('/dev/dm-0')
  world.host.put('/sys/class/block/loop0/dev', '7:0')
  world.host.put('/sys/class/block/loop0/size', '0')
  world.host.users.stack('/dev/dm-0', 'dm-7', 'vg-data')
  const { code, out } = await enumerate(
    '--columns',
    'name,MAJ:MIN,type,tran,fstype,mountpoints,dmstate,chkstate,prio,group,alua,wwid,attachment',
  )
  expect(code).toBe(0)
  const rows = out.trimEnd().split('\n')
  expect(rows[0]?.split(/ +/)).toEqual(
    'NAME MAJ:MIN TYPE TRAN FSTYPE MOUNTPOINTS DMSTATE CHKSTATE PRIO GROUP ALUA WWID ATTACHMENT'.split(' '),
  )
  expect(rows[1]).toMatch(new RegExp(`^mpatha +253:0 +mpath +ext4 +${wwid} +vol-1$`))
  expect(rows[2]).toMatch(new RegExp(`^├─sda +8:0 +disk +iscsi .*active +ready +50 +1 +active/optimized +${wwid} +vol-1$`))
  expect(rows[6]).toMatch(/^└─vg-data +253:7 +lvm/)
  expect(rows.at(-1)).toMatch(/^loop0 +7:0 +loop$/)
})

test.each([
  ['nonsense', /^brickwork: .*no column 'NONSENSE'/],
  ['name --json', /--columns cannot be combined with --json/],
  ['name --follow', /--columns cannot be combined with --follow/],
])('--columns %s is refused', async (words, message) => {
  const { enumerate } = await withMap()
  const { code, err } = await enumerate('--columns', ...words.split(' '))
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

test('a multipathd that does not answer delays it by half a second, and that is said', async () => {
  const { world, enumerate } = await withMap()
  world.host.multipathd.pause()
  const before = world.host.clock.now()
  const { code, out } = await enumerate()
  expect(code).toBe(0)
  expect(world.host.clock.now() - before).toBeLessThan(700)
  expect(out).toMatch(/^Could not be read\n {2}checkers and priorities of paths \(multipathd does not answer\)$/m)
  expect(out).toMatch(/path sda {2}8:0 +active {2}group 1 active/)
})

test('the API asks no daemon unless it is told to', async () => {
  const { world, attacher } = await withMap()
  const asked = () => world.host.trace.filter(({ call }) => call === 'kernel.exchange').length
  const before = asked()
  const { devices } = await attacher.enumerate()
  expect([asked() - before, devices[0]?.paths[0]]).toEqual([0, { name: 'sda', state: 'active', group: 1, failures: 0 }])
  const more = await attacher.enumerate({ askMultipathd: true })
  expect(asked() - before).toBe(1)
  expect(more.devices[0]?.paths[0]).toEqual({
    name: 'sda',
    state: 'active',
    group: 1,
    failures: 0,
    checker: 'tur',
    checkerState: 'ready',
    priority: 50,
  })
  expect(more.devices[0]?.map).toEqual({
    features: [],
    queueIfNoPath: false,
    hardwareHandler: 'alua',
    groups: [
      { state: 'active', selector: 'service-time 0' },
      ...Array.from({ length: 3 }, () => ({ state: 'enabled', selector: 'service-time 0' })),
    ],
  })
})

test('a path that fails is failed, and its session with it', async () => {
  const { world, enumerate } = await withMap()
  await world.portal(FIRST, 'refuse')
  await world.sleep(30_000)
  const { out } = await enumerate()
  expect(out).toMatch(
    /path sda {2}8:0 +failed +faulty +group 1 enabled +prio 50 +failed 1 times +0:0:0:1 +LUN 1 +\S+ +active\/optimized +10\.99\.1\.1:3260 +session 1 +FAILED/,
  )
  expect(out).toMatch(/path sdb {2}8:16 +active/)
})

test('inspect of a degraded map names the path that is missing', async () => {
  const { world } = await withMap()
  await world.portal(FIRST, 'refuse')
  await world.sleep(30_000)
  const { out } = await shell(world.host).brickwork(
    ...['inspect', 'vol-1', '--owner', 'agent', '--run-dir', world.runDir, '--state-dir', world.stateDir],
  )
  expect(out).toMatch(/^ {2}degraded +uses 3 of 4 paths\n {2}no path +\S+ LUN 1 at 10\.99\.1\.1:3260\n {2}used by/m)
})

test('a disk of its own shows its only path, and what is built on it', async () => {
  const { world, attacher, enumerate } = await withMap()
  await world.volume('other')
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 3: 'other' } })
  await attacher.attach(request('vol-2', { iqn: OTHER, portals: [OTHER_PORTAL], lun: 3 }))
  world.host.users.stack('/dev/sde', 'dm-7', 'vg-data')
  const { out } = await enumerate()
  expect(out).toMatch(/^ {2}sde .*vol-2 \(agent\)$/m)
  expect(out).toMatch(
    new RegExp(
      `^ {2}├─ path sde {2}8:64 {2}4:0:0:3 {2}LUN 3 {2}running {2}active/optimized {2}${OTHER_PORTAL} {2}session 5 {2}LOGGED_IN`,
      'm',
    ),
  )
  expect(out).toMatch(/^ {2}└─ dm-7 \(vg-data\) {2}253:7 {2}lvm {2}4 MiB {2}rw$/m)
})

test('a local disk that is attached is told by its device; another volume under its name is nobody’s', async () => {
  const { world, attacher, enumerate } = await withMap()
  await world.volume('local')
  world.host.localDisk('vdb', 'local')
  await attacher.attach({ id: 'vol-3', connection: { protocol: 'local', path: '/dev/vdb' }, policy: { ready: 'kernel' } })
  expect((await enumerate()).out).toMatch(/^ {2}vdb +254:16 +disk +virtio +64 MiB +rw +vol-3 \(agent\)$/m)
  const files = (await world.list(`${world.runDir}/claims`)).map((name) => `${world.runDir}/claims/${name}`)
  const texts = await Promise.all(files.map(async (each) => [each, (await world.readText(each)) ?? ''] as const))
  const [file = '', text = '{}'] = texts.find(([, each]) => (JSON.parse(each) as { id?: string }).id === 'vol-1') ?? []
  const entry = JSON.parse(text) as { readonly result?: object }
  await world.writeText(
    file,
    JSON.stringify({ ...entry, objects: [], result: { ...entry.result, wwid: '3600140500000000000000000000000ff' } }),
  )
  expect((await enumerate()).out).not.toContain('vol-1')
})

test('--json has all that is known, with the relations', async () => {
  const { enumerate, wwid } = await withMap()
  const picture = JSON.parse((await enumerate('--json')).out) as BlockTopology
  const mark = { id: 'vol-1', owner: 'agent', state: 'attached' }
  expect(picture.sessions[2]).toMatchObject({ session: 3, host: 2, portal: PORTALS[2], targets: ['2:0:0'], attachments: [mark] })
  expect(picture.scsiDevices[2]).toMatchObject({ hctl: '2:0:0:1', session: 3, block: 'sdc', lun: '1', type: 'disk', wwid })
  expect(picture.devices[0]).toMatchObject({
    name: 'dm-0',
    dmName: 'mpatha',
    wwid,
    slaves: ['sda', 'sdb', 'sdc', 'sdd'],
    attachments: [mark],
  })
  expect(picture.devices[3]).toMatchObject({ name: 'sdc', session: 3, holders: ['dm-0'], attachments: [mark] })
  expect(picture.devices[0]?.udev?.properties['ID_FS_TYPE']).toBe('ext4')
})

test('a claim that cannot be read is said, and the rest is shown', async () => {
  const { world, enumerate } = await withMap()
  await world.writeText(`${world.runDir}/claims/torn.json`, '{')
  const { code, out } = await enumerate()
  expect(code).toBe(0)
  expect(out).toMatch(/^Could not be read\n {2}State file .*torn\.json/m)
  expect(out).toContain('vol-1 (agent)')
})

test('--follow shows the whole, then what has become different, until it is interrupted', async () => {
  const { world, attacher, enumerate, interrupt } = await withMap()
  await world.volume('other')
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 3: 'other' } })
  const following = enumerate('--follow')
  await world.sleep(10_000)
  await attacher.attach(request('vol-2', { iqn: OTHER, portals: [OTHER_PORTAL], lun: 3 }))
  await world.sleep(5000)
  await world.portal(FIRST, 'refuse')
  await world.sleep(30_000)
  interrupt()
  const { code, out } = await following
  expect(code).toBe(0)
  const [whole = '', ...changes] = out.split(/\n\n(?=[-+] )/)
  expect(whole).toMatch(/^Volumes\n {2}NAME .*\n {2}dm-0 \(mpatha\)/)
  const lines = changes.join('\n').split('\n')
  expect(lines.filter((line) => line.startsWith('+ sde  8:64')).at(-1)).toMatch(/vol-2 \(agent\)$/)
  expect(lines.filter((line) => line.startsWith('+ sde > path sde'))).not.toEqual([])
  expect(lines.filter((line) => line.startsWith('+ dm-0 (mpatha) > path sda')).at(-1)).toMatch(/path sda {2}8:0 {2}failed/)
  expect(lines.filter((line) => /^[-+] .*session 1 {2}FAILED/.test(line))).not.toEqual([])
  // Unchanged paths are not printed again.
  expect(lines.filter((line) => line.includes('path sdc'))).toEqual([])
})

test('--follow --json prints the picture anew, one document a line, only when it has changed', async () => {
  const { world, enumerate, interrupt } = await withMap()
  await world.sleep(60_000)
  const following = enumerate('--follow', '--json')
  await world.sleep(60_000)
  interrupt()
  const { out } = await following
  const pictures = out.trimEnd().split('\n')
  expect(pictures.length).toBe(1)
  expect((JSON.parse(pictures[0] ?? '') as BlockTopology).devices.length).toBe(5)
})

test('hundreds of events are a few looks, and no picture when nothing has changed', async () => {
  const { world, attacher } = await withMap()
  await world.sleep(60_000)
  const stop = new AbortController()
  let looks = 0
  const following = (async () => {
    for await (const { devices } of attacher.follow({ signal: stop.signal })) looks += devices.length > 0 ? 1 : 0
  })()
  await world.sleep(1000)
  const calls = () => world.host.trace.filter(({ call, subject }) => call === 'kernel.readTree' && subject === '/sys/class').length
  const before = calls()
  for (let i = 0; i < 500; i++) world.host.uevents.kernel('change', '/sys/devices/virtual/block/dm-0', 'block')
  await world.sleep(500)
  // udev's copies arrive one after another.
  expect(calls() - before).toBeLessThanOrEqual(5)
  expect(calls() - before).toBeGreaterThan(0)
  stop.abort()
  await following
  expect(looks).toBe(1)
})

test('a tree draws its branches, with the columns of siblings', () => {
  const leaf = (...cells: string[]) => ({ cells, below: [] })
  const tree = [{ cells: ['a', '1'], below: [{ cells: ['b'], below: [leaf('c', 'x'), leaf('long', 'y')] }, leaf('d')] }, leaf('wide', '2')]
  expect(treeLines(tree)).toEqual(['a     1', '├─ b', '│  ├─ c     x', '│  └─ long  y', '└─ d', 'wide  2'])
  expect(treeLines([leaf('a', '1'), leaf('alone'), leaf('long', '2')])).toEqual(['a     1', 'alone', 'long  2'])
  expect(treeChanges(tree, [tree[0] ?? leaf(), leaf('wide', '', '3')])).toEqual(['- wide  2', '+ wide  3'])
  expect(treeChanges(tree, tree)).toEqual([])
})
