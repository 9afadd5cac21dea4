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
  const path = (disk: string, index: number) =>
    `${disk}  active  group ${index + 1}  ${index}:0:0:1  LUN 1  running  ${PORTALS[index] ?? ''}  session ${index + 1}  LOGGED_IN  ${IQN}`
  expect(out.split('\n')).toEqual([
    'Volumes',
    `  dm-0 (mpatha)  64 MiB  rw  ${wwid}  LIO-ORG FILEIO  attachment vol-1 (agent)`,
    ...['sda', 'sdb', 'sdc', 'sdd'].map((disk, index) => `  ├─ path ${path(disk, index)}`),
    '  └─ ext4  mounted on /mnt/dm-0',
    '',
    'iSCSI sessions',
    ...['sda', 'sdb', 'sdc', 'sdd'].map(
      (disk, index) => `  [${index + 1}]  ${IQN}  ${PORTALS[index] ?? ''}  LOGGED_IN  host${index}  default  ${disk}  vol-1 (agent)`,
    ),
    '',
  ])
})

test('a path that fails is failed, and its session with it', async () => {
  const { world, enumerate } = await withMap()
  await world.portal(FIRST, 'refuse')
  await world.sleep(30_000)
  const { out } = await enumerate()
  expect(out).toMatch(/path sda {2}failed {2}group 1 {2}0:0:0:1 {2}LUN 1 {2}\S+ +10\.99\.1\.1:3260 {2}session 1 {2}FAILED/)
  expect(out).toMatch(/path sdb {2}active/)
})

test('a disk of its own shows its only path, and what is built on it', async () => {
  const { world, attacher, enumerate } = await withMap()
  await world.volume('other')
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 3: 'other' } })
  await attacher.attach(request('vol-2', { iqn: OTHER, portals: [OTHER_PORTAL], lun: 3 }))
  world.host.users.stack('/dev/sde', 'dm-7', 'vg-data')
  const { out } = await enumerate()
  expect(out).toMatch(/^ {2}sde .*attachment vol-2 \(agent\)$/m)
  expect(out).toMatch(new RegExp(`^ {2}├─ path sde {2}4:0:0:3 {2}LUN 3 {2}running {2}${OTHER_PORTAL} {2}session 5 {2}LOGGED_IN`, 'm'))
  expect(out).toMatch(/^ {2}└─ dm-7 \(vg-data\) {2}4 MiB {2}rw$/m)
})

test('a local disk that is attached is told by its device; another volume under its name is nobody’s', async () => {
  const { world, attacher, enumerate } = await withMap()
  await world.volume('local')
  world.host.localDisk('vdb', 'local')
  await attacher.attach({ id: 'vol-3', connection: { protocol: 'local', path: '/dev/vdb' }, policy: { ready: 'kernel' } })
  expect((await enumerate()).out).toMatch(/^ {2}vdb +64 MiB {2}rw +attachment vol-3 \(agent\)$/m)
  const files = (await world.list(`${world.runDir}/claims`)).map((name) => `${world.runDir}/claims/${name}`)
  const texts = await Promise.all(files.map(async (each) => [each, (await world.readText(each)) ?? ''] as const))
  const [file = '', text = ''] = texts.find(([, each]) => each.includes('"id": "vol-1"')) ?? []
  const objects = text.replace(/"objects": \[.*?\n \]/s, '"objects": []')
  await world.writeText(file, objects.replace(/"wwid": "[^"]+"/, '"wwid": "3600140500000000000000000000000ff"'))
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
  expect(out).toContain('attachment vol-1 (agent)')
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
  expect(whole).toMatch(/^Volumes\n {2}dm-0 \(mpatha\)/)
  const lines = changes.join('\n').split('\n')
  expect(lines.filter((line) => line.startsWith('+ sde  64 MiB')).at(-1)).toMatch(/attachment vol-2 \(agent\)$/)
  expect(lines.filter((line) => line.startsWith('+ sde > path sde'))).not.toEqual([])
  expect(lines.filter((line) => line.startsWith('+ dm-0 (mpatha) > path sda')).at(-1)).toMatch(/path sda {2}failed/)
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
