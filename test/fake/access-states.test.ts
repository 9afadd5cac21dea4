/** Arrays with asymmetric access (ALUA): paths in standby are known and reported, but not counted. */
import { expect, test } from 'vitest'
import type { FakeWorld } from '../world/fake/world.js'
import { request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { asMap, ended, overAll, serve } from './field.js'

const [P1 = '', P2 = '', P3 = '', P4 = ''] = PORTALS
function standby(world: FakeWorld, ...portals: readonly string[]): void {
  for (const portal of portals) world.host.storage.iscsi.setAccessState(portal, 'standby')
}
const statesIn = (paths: readonly { readonly accessState?: string }[]) => paths.map(({ accessState }) => accessState).sort()

test.each(['multipathd', 'direct'] as const)(
  'paths in standby are in the map and in the answer, and it is degraded (%s)',
  async (assemble) => {
    const world = await serve()
    standby(world, P2, P4)
    const attacher = await world.attacher()
    const { degraded, paths } = await attacher.attach(
      overAll({ policy: { multipath: 'require', assemble, ready: 'kernel', paths: { min: 2 } } }),
    )
    expect([degraded, statesIn(paths)]).toEqual([true, ['active/optimized', 'active/optimized', 'standby', 'standby']])
    world.host.storage.iscsi.setAccessState(P2, 'active/non-optimized')
    world.host.storage.iscsi.setAccessState(P4, 'active/optimized')
    expect(await attacher.attach(overAll({ policy: { multipath: 'require' } }))).toMatchObject({ reused: true, degraded: false })
    await attacher.detach('one')
    await ended(world)
  },
)

test('paths in standby do not count for paths.min', async () => {
  const world = await serve()
  standby(world, P1)
  const attacher = await world.attacher()
  await expect(attacher.attach(asMap(), { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_NOT_FORMED',
    sideEffects: 'undone',
  })
  await ended(world)
})

test('a single path is one that takes reads and writes, and none where all are in standby', async () => {
  const world = await serve()
  standby(world, P1, P2)
  const attacher = await world.attacher()
  const single = (...portals: readonly string[]) => request('one', { portals })
  const { paths } = await attacher.attach(single(P1, P2, P3))
  expect(paths.map(({ label }) => label)).toEqual([P3])
  expect((await world.leftovers()).sessions).toHaveLength(1)
  await attacher.detach('one')
  await expect(attacher.attach(single(P1, P2), { timeoutMs: 10_000 })).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    message: expect.stringContaining('this path is standby (ALUA)') as unknown,
  })
  await ended(world)
})

test('a map that is suspended is no map yet', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach({ ...asMap(), id: 'other' })
  const [map] = world.host.mapper.all()
  if (map === undefined) throw new Error('no map')
  map.suspended = true
  let answered = false
  const attaching = attacher.attach(asMap()).then(() => (answered = true))
  await world.sleep(10_000)
  expect(answered).toBe(false)
  map.suspended = false
  await attaching
  for (const id of ['one', 'other']) await attacher.detach(id)
  await ended(world)
})
