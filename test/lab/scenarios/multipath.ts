import { answersInTime, attachOk, detachOk, equal, expectClean, IQN, request, truthy } from '../expect.js'
import type { Scenario } from '../scenario.js'
import type { World } from '../world.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const [FIRST = ''] = PORTALS

/** Four portals of one target, and a multipathd as it is shipped. */
async function serveFour(world: World): Promise<void> {
  await world.multipathd('running')
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
const multipath = (id: string, policy: object = {}) => request(id, { portals: PORTALS, policy: { multipath: 'prefer', ...policy } })
async function pathsOf(world: World): Promise<number> {
  return (await world.maps()).reduce((sum, { paths }) => sum + paths.filter(({ state }) => state === 'active').length, 0)
}

export const fourPaths: Scenario = {
  name: 'four-paths',
  title: 'four portals give one map with four paths, without any configuration',
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const attachment = await attachOk(story, attacher, multipath('one'))
    truthy(attachment.multipath?.device === attachment.device, 'the device is the map')
    equal(await world.fsType(attachment.device), 'ext4', 'file system')
    equal(await pathsOf(world), 4, 'active paths')
    await attachOk(story, attacher, multipath('one'), 'attach one again')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

const onePathDead = (state: 'drop' | 'refuse' | 'mute'): Scenario => ({
  name: `one-of-four-${state}`,
  title: `one portal of four (${state}) keeps nobody waiting`,
  run: async (world, story) => {
    await serveFour(world)
    await world.portal(FIRST, state)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'))
    equal(await pathsOf(world), 3, 'active paths')
    await detachOk(story, attacher, 'one')
    await attacher.close()
    await expectClean(world, 'after the detach')
  },
})
export const oneDrops = onePathDead('drop')
export const oneRefuses = onePathDead('refuse')
export const oneMute = onePathDead('mute')

export const allDead: Scenario = {
  name: 'all-portals-dead',
  title: 'no portal answers: an error by the deadline, nothing left',
  run: async (world, story) => {
    await serveFour(world)
    for (const portal of PORTALS) await world.portal(portal, 'drop')
    await using attacher = await world.attacher()
    await answersInTime(world, 10_000, () => story.tell('attach', attacher.attach(multipath('one'), { timeoutMs: 10_000 })))
    await expectClean(world, 'after the failure')
  },
}

export const heldMap: Scenario = {
  name: 'map-held',
  title: 'a mounted map is not taken away',
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, multipath('one'))
    const mounted = await world.mount(device)
    await story.tell('detach while mounted', attacher.detach('one'))
    equal(await pathsOf(world), 4, 'active paths')
    await mounted.unmount()
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const twoMaps: Scenario = {
  name: 'two-maps',
  title: 'two volumes of one target at once share their sessions; each has its own map',
  run: async (world, story) => {
    await serveFour(world)
    await world.volume('more')
    await world.mapLun(IQN, 2, 'more')
    await using attacher = await world.attacher()
    const second = request('two', { portals: PORTALS, lun: 2, policy: { multipath: 'prefer' } })
    const [one, two] = await Promise.all([attacher.attach(multipath('one')), attacher.attach(second)])
    truthy(one.device !== two.device && one.multipath !== null && two.multipath !== null, 'two maps')
    equal((await world.sessions(IQN)).length, 4, 'sessions')
    await detachOk(story, attacher, 'one')
    equal(await pathsOf(world), 4, 'active paths of the other volume')
    await detachOk(story, attacher, 'two')
    await expectClean(world, 'after both')
  },
}

export const withoutMultipathd: Scenario = {
  name: 'no-multipathd',
  title: 'without multipathd: one path by preference, an error when a map is required',
  run: async (world, story) => {
    await serveFour(world)
    await world.multipathd('stopped')
    await using attacher = await world.attacher()
    await story.tell('attach, map required', attacher.attach(multipath('one', { multipath: 'require' })))
    const { multipath: map } = await attachOk(story, attacher, multipath('one'))
    equal(map, null, 'map')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
    await world.multipathd('running')
  },
}
