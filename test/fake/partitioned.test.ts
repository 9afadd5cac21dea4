/** A volume with a partition table below a map: kpartx's udev rule creates partition maps over it. */
import { expect, test } from 'vitest'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { ended } from './field.js'

const PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260']
const mapped = (more: object = {}) => request('one', { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' }, ...more } })

async function partitioned(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running', ...options })
  await world.volume('data', { partitions: ['ext4', 'blank'] })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  return world
}
/** After this time udev's rules have run for the map and its partition maps. */
const SETTLED_MS = 1000
const partitionMaps = async (world: FakeWorld) => (await world.leftovers()).maps.filter((name) => name.includes('-part'))

test.each(['multipathd', 'direct'] as const)('attaches and detaches with its partition maps, as a map by %s', async (assemble) => {
  const world = await partitioned()
  const attacher = await world.attacher()
  await attacher.attach(mapped({ assemble }))
  await world.sleep(SETTLED_MS)
  expect(await partitionMaps(world)).toHaveLength(2)
  expect(await attacher.inspect('one')).toMatchObject({ holders: [] })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [], dataLossPossible: false })
  await ended(world)
})

test('detaches although multipathd has stopped: the partition maps go first', async () => {
  const world = await partitioned()
  const attacher = await world.attacher()
  await attacher.attach(mapped())
  await world.sleep(SETTLED_MS)
  await world.multipathd('stopped')
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  const removed = world.host.trace
    .filter(({ call }) => call === 'kernel.removeMap')
    .map(({ subject }) => subject.replace(/[0-9a-f]{33}/, 'W'))
  expect(removed).toEqual(['part1-mpath-W', 'part2-mpath-W', 'mpath-W'])
  await ended(world)
})

test('an attach that fails after its map was made is rolled back', async () => {
  const world = await partitioned()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
  await expect(attacher.attach(mapped())).rejects.toMatchObject({ sideEffects: 'undone' })
  expect(world.host.trace.some(({ subject }) => subject.includes('/dm-2'))).toBe(true)
  await ended(world)
})

test('what a killed process has left is removed by recovery', async () => {
  const world = await partitioned()
  await (await world.attacher()).attach(mapped())
  await world.sleep(SETTLED_MS)
  await world.remove(`${world.stateDir}/attachments`)
  await world.remove(`${world.runDir}/claims`)
  world.crash()
  const { actions } = await (await world.attacher()).recover()
  expect(actions.map(({ action }) => action)).not.toContain('left')
  await ended(world)
})

test('grows with its volume', async () => {
  const world = await partitioned()
  const attacher = await world.attacher()
  await attacher.attach(mapped())
  await world.sleep(SETTLED_MS)
  await world.resizeVolume('data', 128)
  expect(await attacher.resize('one')).toMatchObject({ sizeBytes: 128 * 1024 * 1024 })
  await attacher.detach('one')
  await ended(world)
})

test.each<[string, (world: FakeWorld, node: string) => () => void, object]>([
  [
    'mounted',
    ({ host }, node) => {
      const mount = host.users.mount(node, { mountPoint: '/srv/part' })
      return () => mount.unmount()
    },
    { kind: 'mount', where: '/srv/part' },
  ],
  ['below an active logical volume', ({ host }, node) => host.users.stack(node, 'dm-9', 'vg-root'), { kind: 'device', name: 'vg/root' }],
  ['used as swap', ({ host }, node) => host.users.swapOn(node), { kind: 'swap' }],
])('is held, by force too, while a partition is %s, and everything is as it was', async (_, use, holder) => {
  const world = await partitioned()
  const attacher = await world.attacher()
  const { multipath } = await attacher.attach(mapped())
  await world.sleep(SETTLED_MS)
  const end = use(world, `/dev/mapper/${multipath?.name ?? ''}-part1`)
  const before = await world.leftovers()
  for (const force of [false, true])
    await expect(attacher.detach('one', { force })).rejects.toMatchObject({ code: 'ERR_HELD', details: { holders: [holder] } })
  expect(await world.leftovers()).toEqual(before)
  end()
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('is taken by force from a program that merely has a partition open, and goes when that ends', async () => {
  const world = await partitioned()
  const attacher = await world.attacher()
  const { multipath } = await attacher.attach(mapped())
  await world.sleep(SETTLED_MS)
  const opener = world.host.users.open(`/dev/mapper/${multipath?.name ?? ''}-part2`)
  await expect(attacher.detach('one')).rejects.toMatchObject({
    code: 'ERR_HELD',
    details: { holders: [{ kind: 'process', pid: opener.pid }] },
  })
  await expect(attacher.detach('one', { force: true })).rejects.toMatchObject({ code: 'ERR_DETACH_INCOMPLETE' })
  opener.close()
  expect((await attacher.detach('one')).outcome).toBe('released')
  await ended(world)
})
