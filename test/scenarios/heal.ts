/** Heals: paths that the connection names and the map lacks come up, and the others stay as they are. */
import type { Attacher } from '../../lib/index.js'
import { attachOk, detachOk, equal, expectClean, IQN, truthy } from '../world/expect.js'
import { eventually, FIRST, multipath, pathsOf, serveFour } from '../world/four.js'
import type { Scenario, Story } from '../play/scenario.js'
import type { World } from '../world/world.js'

/** The attach has given the path up. Longer than it tries late paths. */
const GIVEN_UP_MS = 12_000
async function attachedWithout(world: World, story: Story, portal: string): Promise<Attacher> {
  await serveFour(world)
  await world.portal(portal, 'refuse')
  const attacher = await world.attacher()
  const { degraded } = await attachOk(story, attacher, multipath('one'), 'attach one', { timeoutMs: 20_000 })
  truthy(degraded, 'degraded')
  await world.sleep(20_000 + GIVEN_UP_MS)
  return attacher
}
const actionsOf = async (attacher: Attacher) =>
  (await attacher.heal('one')).attachments.flatMap(({ paths }) => paths.map(({ action, error }) => error?.code ?? action))

export const healDeadPortal: Scenario = {
  name: 'heal-dead-portal',
  title: 'a portal that is dead during the attach comes back after it: a heal adds the path, and the detach removes it with the others',
  run: async (world, story) => {
    await using attacher = await attachedWithout(world, story, FIRST)
    story.note('while the portal is dead', await actionsOf(attacher))
    equal(await pathsOf(world), 3, 'active paths')
    await world.portal(FIRST, 'open')
    story.note('when it is back', await actionsOf(attacher))
    equal(await pathsOf(world), 4, 'active paths')
    story.note('once more', await actionsOf(attacher))
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}
export const healLostSession: Scenario = {
  name: 'heal-lost-session',
  title: 'somebody logs out of one session of a map: a heal logs in again, and the other paths stay as they are',
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, multipath('one'))
    await eventually(world, 'four active paths', async () => (await pathsOf(world)) === 4)
    await world.foreignLogout(IQN, FIRST)
    await eventually(world, 'three active paths', async () => (await pathsOf(world)) === 3)
    story.note('heal', await actionsOf(attacher))
    equal(await pathsOf(world), 4, 'active paths')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}
export const healByAnotherProcess: Scenario = {
  name: 'heal-by-another-process',
  title: 'a heal by another process knows the volume from the journal',
  run: async (world, story) => {
    {
      await using attacher = await attachedWithout(world, story, FIRST)
      await attacher.close()
    }
    await world.portal(FIRST, 'open')
    await using next = await world.attacher()
    story.note('heal', await actionsOf(next))
    equal(await pathsOf(world), 4, 'active paths')
    await detachOk(story, next, 'one')
    await expectClean(world, 'after the detach')
  },
}
