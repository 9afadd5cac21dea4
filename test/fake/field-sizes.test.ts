/** Volumes that grew while the host had a disk of them. The size of the device itself counts. */
import { expect, test } from 'vitest'
import type { AttachRequest, PartialPolicy } from '../../lib/index.js'
import { IQN, request } from '../world/expect.js'
import type { FakeWorld } from '../world/fake/world.js'
import { OTHER, OTHER_PORTAL, PORTALS, withOther } from '../world/four.js'
import { ended, serve } from './field.js'

const MB = 1024 * 1024
const [P1 = '', P2 = ''] = PORTALS
/** Another program has had a disk of the volume since before it grew. */
async function grown(): Promise<FakeWorld> {
  const world = await serve()
  await world.foreignLogin(IQN, P1)
  await world.sleep(500)
  await world.resizeVolume('data', 128)
  return world
}
/** The other program ends. A map that multipathd created over its disk stays until a command removes it. */
async function over(world: FakeWorld): Promise<void> {
  await world.foreignLogout(IQN, P1)
  for (const { name } of await world.maps()) await world.tellMultipathd(`del map ${name}`)
  await ended(world)
}
const asked = (policy: PartialPolicy, more: Partial<AttachRequest> = {}) => request('one', { portals: [P1, P2], policy, ...more })
const sizeOf = (world: FakeWorld, name: string) => Number(world.host.text(`/sys/class/block/${name}/size`)) * 512

test.each<[PartialPolicy, AttachRequest['expected']]>([
  [{ multipath: 'prefer' }, { sizeBytes: 128 * MB }],
  [{ multipath: 'require' }, { sizeBytes: 128 * MB }],
  [{ multipath: 'require', assemble: 'direct', ready: 'kernel' }, undefined],
  [{ multipath: 'require' }, undefined],
])('a disk from before is told to look again: one map of both paths, with the size of today: %j, expected %j', async (policy, expected) => {
  const world = await grown()
  const attacher = await world.attacher()
  const attachment = await attacher.attach(asked(policy, expected === undefined ? {} : { expected }))
  expect(attachment).toMatchObject({ sizeBytes: 128 * MB, degraded: false, multipath: { device: attachment.device } })
  expect((await world.disks()).map((name) => sizeOf(world, name))).toEqual([128 * MB, 128 * MB])
  await attacher.detach('one')
  await over(world)
})

test('over a single path the size of today counts, and another expected size is another volume', async () => {
  const world = await grown()
  const attacher = await world.attacher()
  const single = (sizeMb: number) => request('one', { portals: [P1], expected: { sizeBytes: sizeMb * MB } })
  await expect(attacher.attach(single(64))).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', details: { found: 128 * MB } })
  expect(await attacher.attach(single(128))).toMatchObject({ sizeBytes: 128 * MB })
  await attacher.detach('one')
  await over(world)
})

test('a disk from before that is smaller by its own word is refused, and stays as it was', async () => {
  const world = await serve()
  await world.foreignLogin(IQN, P1)
  await world.sleep(500)
  await world.resizeVolume('data', 32)
  const [name = ''] = await world.disks()
  const attacher = await world.attacher()
  await expect(attacher.attach(request('one', { portals: [P1] }))).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
  expect(sizeOf(world, name)).toBe(64 * MB)
  await over(world)
})

test('a kernel that does not take the new size: that path is refused, and is not in the map', async () => {
  const world = await grown()
  const attacher = await world.attacher()
  const [name = ''] = await world.disks()
  const directory = world.host.real(`/sys/class/block/${name}/device`) ?? ''
  const planted = world.host.faults.plant({
    on: 'kernel.write',
    matching: [directory, 'rescan'],
    times: 9,
    does: { answer: { outcome: 'written' } },
  })
  const attachment = await attacher.attach(asked({ multipath: 'prefer' }))
  expect(attachment).toMatchObject({ degraded: true, sizeBytes: 128 * MB, paths: [{ label: P2 }] })
  expect(await world.maps()).toMatchObject([{ paths: [{ device: attachment.paths[0]?.device.slice('/dev/'.length) }] }])
  planted.withdraw()
  await attacher.detach('one')
  await over(world)
})

test('a map over another path of the volume: no disk is handed out alone beside it', async () => {
  const world = await grown()
  const [name = ''] = await world.disks()
  const attacher = await world.attacher()
  await attacher.attach({ ...asked({ multipath: 'require' }), id: 'map' })
  await world.multipathd('stopped')
  const refused = { code: 'ERR_CONFLICT', sideEffects: 'undone', details: { paths: expect.arrayContaining([name]) as unknown } }
  const alone = request('one', { portals: [PORTALS[2] ?? ''], policy: { multipath: 'prefer' } })
  await expect(attacher.attach(alone)).rejects.toMatchObject(refused)
  // With `never` the caller requested the disk, so it is returned, and a note names the map beside it.
  const notes: string[] = []
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'note') notes.push(event.message)
  })()
  expect(await attacher.attach({ ...alone, id: 'never', policy: { multipath: 'never' } })).toMatchObject({ multipath: null })
  expect(notes.filter((note) => note.startsWith('a map has other paths of the volume'))).toHaveLength(1)
  await attacher.detach('never')
  await world.multipathd('running')
  await attacher.detach('map')
  await over(world)
})

test('a map that has another size than expected is not handed out; without an expected size it is said', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const notes: string[] = []
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'note') notes.push(event.message)
  })()
  const map = (id: string, more: Partial<AttachRequest> = {}) => ({ ...asked({ multipath: 'require' }, more), id })
  await attacher.attach(map('one'))
  await world.resizeVolume('data', 128)
  await expect(attacher.attach(map('two', { expected: { sizeBytes: 128 * MB } }))).rejects.toMatchObject({
    code: 'ERR_IDENTITY_MISMATCH',
    details: { found: 64 * MB, expected: 128 * MB },
  })
  expect(await attacher.attach(map('two'))).toMatchObject({ sizeBytes: 64 * MB })
  expect(notes.filter((note) => note.startsWith('the size of the map differs from its paths'))).toHaveLength(1)
  expect(await attacher.resize('two')).toMatchObject({ sizeBytes: 128 * MB })
  await attacher.detach('two')
  await attacher.detach('one')
  await ended(world)
})

test('ports of one array that tell two sizes: the paths of one size become the map, the other one is left out', async () => {
  const world = await serve()
  await world.volume('bigger', { cloneOf: 'data', sizeMb: 128 })
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'bigger' } })
  const attacher = await world.attacher()
  const attachment = await attacher.attach(withOther('one', { policy: { multipath: 'require' } }))
  expect(attachment.degraded).toBe(true)
  expect(new Set(attachment.paths.map(({ device }) => sizeOf(world, device.slice('/dev/'.length))))).toEqual(
    new Set([attachment.sizeBytes]),
  )
  await attacher.detach('one')
  await expect(attacher.attach(withOther('one', { policy: { multipath: 'require', paths: { min: 'all' } } }))).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_NOT_FORMED',
    attempts: expect.arrayContaining([
      expect.objectContaining({ code: 'ERR_IDENTITY_MISMATCH', message: expect.stringContaining('bytes at') as string }),
    ]) as unknown[],
  })
  await ended(world)
})
