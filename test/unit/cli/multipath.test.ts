import { expect, test } from 'vitest'

import { FakeHost } from '../../../lib/testing/index.js'
import { IQN, type Shell, shell } from './shell.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const connection = { protocol: 'iscsi', targets: PORTALS.map((portal) => ({ portal, iqn: IQN, lun: 1 })) }

/** A host with multipathd that can reach a volume over four portals, of which some don't answer. */
function shellWithMap({ refusing = [] }: { refusing?: readonly string[] } = {}): Shell {
  const host = new FakeHost({ multipathd: 'running' })
  host.storage.volume('vol', { sizeMb: 64, content: 'ext4' })
  host.storage.iscsi.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'vol' } })
  for (const portal of refusing) host.storage.portal(portal, 'refuse')
  const made = shell(host)
  made.files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  return made
}
/** Device, state and portal of each line about a path. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/\/dev\/sd[a-z] +(\S+) +\d+:0:0:1 +(10\.99\.\d\.1:3260) +session \d+$/gm)].map(
    ([, state, portal]) => `${String(portal)} ${String(state)}`,
  )
}

test('attach says the map and each of its paths with device, portal and state', async () => {
  const { brickwork, host } = shellWithMap()
  const { code, out, err } = await brickwork('attach', '-')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^vol-1 is attached as \/dev\/dm-0$/m)
  expect(out).toMatch(/^ {2}map +(36001405[0-9a-f]{25}) \(mpath-\1\)$/m)
  expect(pathsIn(out).sort()).toEqual(PORTALS.map((portal) => `${portal} running`))
  expect(out).not.toContain('degraded')

  expect((await brickwork('detach', 'vol-1')).out).toMatch(/^ {2}checked +map 36001405[0-9a-f]{25} is gone from the kernel$/m)
  expect(host.names('/sys/class/iscsi_session')).toEqual([])
  host.verify()
})

test('fewer paths than the connection names are said to be fewer', async () => {
  const [dead = ''] = PORTALS
  const { brickwork } = shellWithMap({ refusing: [dead] })
  const { out } = await brickwork('attach', '-')
  expect(pathsIn(out)).toHaveLength(3)
  expect(out).not.toContain(dead)
  expect(out).toMatch(/^ {2}degraded +uses 3 of the paths/m)
})

test('inspect says the map and its paths as they are now', async () => {
  const { brickwork } = shellWithMap()
  await brickwork('attach', '-')
  const { out } = await brickwork('inspect', 'vol-1')
  expect(out).toMatch(/^ {2}map +36001405/m)
  expect(pathsIn(out)).toHaveLength(4)
})

test('list shows the paths below their map, as text and as JSON', async () => {
  const { brickwork } = shellWithMap()
  await brickwork('attach', '-')
  const [head, row, ...paths] = (await brickwork('list')).out.trimEnd().split('\n')
  expect(head).toMatch(/^ID +STATE/)
  expect(row).toMatch(/^vol-1 +attached +\/dev\/dm-0 +yes/)
  expect(paths.map((line) => line.replace(/^ {2}\/dev\/sd[a-z] {2}/, '')).sort()).toEqual(PORTALS.map((portal) => `${portal}  LOGGED_IN`))
  expect(JSON.parse((await brickwork('list', '--json')).out)).toMatchObject({
    attachments: [{ id: 'vol-1', device: '/dev/dm-0', paths: PORTALS.map(() => ({ session: 'LOGGED_IN', state: 'active' })) }],
  })
})

test('a required map without multipathd is refused', async () => {
  const { brickwork, host } = shellWithMap()
  host.multipathd.stop()
  const { code, err } = await brickwork('attach', '-', '--policy', '{"multipath":"require"}')
  expect(code).toBe(1)
  expect(err).toContain('ERR_MULTIPATH_UNAVAILABLE')
})

test('watch tells what is not well, with --json a line an event, until its time is over', async () => {
  const { brickwork } = shellWithMap({ refusing: PORTALS.slice(1) })
  expect((await brickwork('attach', '-')).code).toBe(0)
  const text = await brickwork('watch', '--timeout', '1s')
  expect(text.code).toBe(0)
  expect(text.out).toMatch(/^\S+Z {2}vol-1 {2}\/dev\/dm-0 {2}WARNING: it runs on one path \(1 of 4 paths active, 1 in the map\)\n$/)
  const json = await brickwork('watch', '--timeout', '1s', '--json')
  expect(JSON.parse(json.out)).toMatchObject({ type: 'paths', id: 'vol-1', health: 'one-path' })
})

test('attach --top-up stays until the late paths have joined', async () => {
  const { brickwork, host } = shellWithMap({ refusing: PORTALS.slice(0, 1) })
  const attached = brickwork('attach', '-', '--top-up')
  await host.clock.advance(3000)
  host.storage.portal(PORTALS[0] ?? '', 'open')
  expect((await attached).code).toBe(0)
  await host.clock.advance(500)
  expect(pathsIn((await brickwork('inspect', 'vol-1')).out)).toHaveLength(4)
})

test('resize says each layer, and takes a size with a unit', async () => {
  const { brickwork, host } = shellWithMap()
  await brickwork('attach', '-')
  host.storage.resize('vol', 96)
  const { code, out } = await brickwork('resize', 'vol-1', '--size', String(96 * 1024 * 1024))
  expect(code).toBe(0)
  expect(out).toMatch(/^vol-1 \(\/dev\/dm-0\) has 96 MiB now, 64 MiB before$/m)
  expect(out.match(/67108864 → 100663296 bytes$/gm)).toHaveLength(5)
  expect((await brickwork('resize', 'vol-1', '--size', '96M')).out).toContain('has 96 MiB, as before')
  expect(await brickwork('resize')).toMatchObject({ code: 2 })
})
