/** A claim that can't be read, or that a newer version wrote: the objects that it may name stay, and everything else continues. */
import { describe, expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const FILE = '/run/brickwork/claims/0123.json'
const OTHER_IQN = `${IQN}-two`

async function serving(options: Parameters<typeof createFakeWorld>[0] = {}): Promise<FakeWorld> {
  const world = await createFakeWorld(options)
  await world.volume('data')
  await world.volume('more')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data', 2: 'more' } })
  await world.target({ iqn: OTHER_IQN, portals: [PORTAL], luns: { 1: 'more' } })
  return world
}
const boot = (world: FakeWorld) => world.host.text('/proc/sys/kernel/random/boot_id') ?? ''
const core = (world: FakeWorld, keys: readonly string[]) =>
  JSON.stringify({ schema: 3, id: 'theirs', owner: 'newer', boot: boot(world), keys, layout: 'not known yet' })

const damages: readonly (readonly [string, (world: FakeWorld) => void])[] = [
  ['a file that is no entry', ({ host }) => host.put(FILE, '{"schema":2,"id":"x","owner":"newer"}')],
  ['a file of schema 3 without a core', ({ host }) => host.put(FILE, '{"schema":3,"layout":"not known yet"}')],
  ['a file that was cut off', (world) => world.host.put(FILE, core(world, ['session 1']).slice(0, 60))],
  ['a directory in its place', ({ host }) => host.putDirectory(FILE)],
]

describe.each(damages)('%s', (_, damage) => {
  test('stops neither attaches nor detaches of what this process attached', async () => {
    const world = await serving({ multipathd: 'running' })
    const attacher = await world.attacher()
    await attacher.attach(request('one', { portals: [PORTAL, SECOND_PORTAL], policy: { multipath: 'require' } }))
    damage(world)
    await attacher.attach(request('two', { iqn: OTHER_IQN }))
    expect((await attacher.enumerate()).unseen).toContainEqual(expect.stringContaining(FILE))
    for (const id of ['one', 'two']) expect(await attacher.detach(id)).toMatchObject({ outcome: 'released', kept: [] })
    await expectClean(world, 'after both')
    await world.close()
    world.host.verify()
  })
  test('keeps what an earlier process attached, until the file is readable', async () => {
    const world = await serving()
    await (await world.attacher()).attach(request('one'))
    world.crash()
    damage(world)
    const attacher = await world.attacher()
    const before = await world.leftovers()
    await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_STATE', sideEffects: 'none', details: { file: FILE } })
    expect(await world.leftovers()).toEqual(before)
    expect(await attacher.list()).toMatchObject([{ id: 'one', state: 'attached', present: true }])
    // A disk of this process in the same session is removed; the session stays.
    await attacher.attach(request('two', { lun: 2 }))
    expect(await attacher.detach('two')).toMatchObject({ outcome: 'released' })
    expect(await world.leftovers()).toEqual(before)
    world.host.take(FILE)
    await attacher.detach('one')
    await expectClean(world, 'once the file is gone')
    await world.close()
    world.host.verify()
  })
  test('keeps a session whose login an earlier process began', async () => {
    const world = await serving()
    const first = await world.attacher()
    const login = world.host.faults.plant({ on: 'commands.run', matching: '--login', does: { crash: 'after' } })
    void first.attach(request('one')).catch(() => undefined)
    await login.reached
    await world.host.died
    world.crash()
    damage(world)
    const attacher = await world.attacher()
    await attacher.recover()
    expect(await world.sessions(IQN)).toHaveLength(1)
    world.host.take(FILE)
    await attacher.recover()
    await expectClean(world, 'once the file is gone')
    await world.close()
    world.host.verify()
  })
})

describe('a claim of a newer version whose core can be read', () => {
  test('keeps what its keys name, and nothing else', async () => {
    const world = await serving()
    const before = await world.attacher()
    await before.attach(request('one'))
    await before.attach(request('two', { iqn: OTHER_IQN }))
    const [session] = await world.sessions(IQN)
    world.crash()
    world.host.put(FILE, core(world, [`session ${session ?? 0}`, IQN]))
    const attacher = await world.attacher()
    expect(await attacher.detach('two')).toMatchObject({ outcome: 'released', kept: [] })
    const { kept, outcome } = await attacher.detach('one')
    expect(outcome).toBe('released')
    expect(kept).toContainEqual(expect.objectContaining({ reason: 'another attachment uses it' }))
    expect(await world.sessions(IQN)).toHaveLength(1)
    expect(await world.disks()).toEqual([])
    // A recovery removes none of the objects that it names.
    await attacher.recover()
    expect(await world.sessions(IQN)).toHaveLength(1)
    world.host.take(FILE)
    await attacher.recover()
    await expectClean(world, 'once it is gone')
    await world.close()
    world.host.verify()
  })
  test('keeps a disk that it names', async () => {
    const world = await serving()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    const [session] = await world.sessions(IQN)
    world.host.put(FILE, core(world, [`session ${session ?? 0}`, `disk session ${session ?? 0} 1`]))
    await attacher.detach('one')
    expect(await world.disks()).toHaveLength(1)
    await world.close()
  })
  test('of another boot names nothing', async () => {
    const world = await serving()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    const [session] = await world.sessions(IQN)
    world.host.put(FILE, core(world, [`disk session ${session ?? 0} 1`]).replace(boot(world), 'another boot'))
    await attacher.detach('one')
    await expectClean(world, 'after the detach')
    await world.close()
  })
})
