import type { Attacher } from '../../lib/index.js'
import { answersInTime, attachOk, detachOk, equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { eventually, FIRST, multipath, pathsOf, PORTALS, serveFour } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'

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

export const pathJoins: Scenario = {
  name: 'path-joins',
  title: 'a portal that comes back after the answer joins the map',
  run: async (world, story) => {
    await serveFour(world)
    await world.portal(FIRST, 'refuse')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'))
    await world.portal(FIRST, 'open')
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const pathDies: Scenario = {
  name: 'path-dies',
  title: 'a path that dies is failed over and comes back, and the volume can be read all the while',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, multipath('one'))
    const told = healthOf(attacher)
    await world.portal(FIRST, 'refuse')
    equal((await world.read(device, 4096)).length, 4096, 'bytes read')
    await eventually(world, 'three active paths', async () => (await pathsOf(world)) === 3)
    equal((await world.read(device, 4096)).length, 4096, 'bytes read on three paths')
    await world.portal(FIRST, 'open')
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    await eventually(world, 'all is told', () => Promise.resolve(told.length >= 2))
    story.note('health', told)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}
/** Collects the health events of the paths from now on. */
function healthOf(attacher: Attacher): string[] {
  const told: string[] = []
  void (async () => {
    for await (const { health, active, named } of attacher.watch()) told.push(`${health}, ${active} of ${named}`)
  })()
  return told
}

const INTRUDER = 'iqn.2024-01.org.example:intruder'
export const wrongVolume: Scenario = {
  name: 'wrong-volume-on-one-path',
  title: 'another volume behind one of four portals: left out when we know which is right, an error when we do not',
  run: async (world, story) => {
    await serveFour(world)
    await world.volume('intruder')
    await world.target({ iqn: INTRUDER, portals: ['10.99.5.1:3260'], luns: { 1: 'intruder' } })
    await using attacher = await world.attacher()
    const { wwid } = await attachOk(story, attacher, multipath('one'), 'attach to learn the WWID')
    await detachOk(story, attacher, 'one')
    const asked = multipath('one')
    const targets = [
      ...PORTALS.slice(0, 3).map((portal) => ({ portal, iqn: IQN, lun: 1 })),
      { portal: '10.99.5.1:3260', iqn: INTRUDER, lun: 1 },
    ]
    const mixed = { ...asked, connection: { protocol: 'iscsi', targets } } as const
    await story.tell('attach without knowing the right one', attacher.attach(mixed))
    await expectClean(world, 'after the refusal')
    await attachOk(story, attacher, { ...mixed, expected: wwid === undefined ? {} : { wwid } }, 'attach with the expected WWID')
    equal([await pathsOf(world), await world.sessions(INTRUDER)], [3, []], 'active paths, and sessions to the other target')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const configurations: Scenario = {
  name: 'multipathd-configurations',
  title: 'a map forms with friendly names and under each find_multipaths',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    for (const options of [
      { userFriendlyNames: true },
      { findMultipaths: 'no' },
      { findMultipaths: 'yes' },
      { findMultipaths: 'smart' },
    ] as const) {
      await world.multipathd('stopped')
      await world.multipathd('running', options)
      const attachment = await attachOk(
        story,
        attacher,
        multipath('one', { multipath: 'require' }),
        `attach with ${JSON.stringify(options)}`,
      )
      truthy(attachment.multipath !== null, 'a map')
      await detachOk(story, attacher, 'one')
      await expectClean(world, `after ${JSON.stringify(options)}`)
    }
  },
}

export const noPathLeft: Scenario = {
  name: 'no-path-left',
  title: 'every path is down at detach: said, and released by force with what that may cost',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'))
    for (const portal of PORTALS) await world.portal(portal, 'refuse')
    await eventually(world, 'no active path', async () => (await pathsOf(world)) === 0, 120_000)
    await story.tell('detach', attacher.detach('one', { timeoutMs: 20_000 }), ({ outcome }) => outcome)
    await story.tell('detach by force', attacher.detach('one', { timeoutMs: 60_000, force: true }), ({ outcome, dataLossPossible }) => {
      return { outcome, dataLossPossible }
    })
    await expectClean(world, 'after the forced detach')
  },
}
