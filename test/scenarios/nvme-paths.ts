/** NVMe over TCP: portals that do not answer, paths that come late, are lost and return. */
import type { Attacher } from '../../lib/index.js'
import { answersInTime, attachOk, detachOk, equal, truthy } from '../world/expect.js'
import { eventually } from '../world/four.js'
import { expectNoNvme, FIRST, live, nvmeRequest, SECOND, seen, serveNvme } from '../world/nvme.js'
import type { Scenario, Story } from '../play/scenario.js'
import type { World } from '../world/world.js'

const TWO = [FIRST, SECOND]
const SICK = ['drop', 'refuse', 'mute'] as const
/** One of two paths is enough, and the other one is not awaited for long. */
const soon = (id: string) => nvmeRequest(id, { portals: TWO, policy: { paths: { graceMs: 1000 } } })

async function withOnePath(world: World, story: Story, attacher: Attacher, what: string): Promise<void> {
  await attachOk(story, attacher, soon('one'), what)
  equal((await seen(world)).controllers, live([FIRST]), `controllers: ${what}`)
  await detachOk(story, attacher, 'one')
  await expectNoNvme(world, `after the detach: ${what}`)
}

export const degraded: Scenario = {
  name: 'nvme-degraded',
  title: 'one of two portals is silent, refuses, or accepts and says nothing: the volume comes over the other one',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher()
    for (const state of SICK) {
      await world.portal(SECOND, state)
      await withOnePath(world, story, attacher, `attach one, the second portal: ${state}`)
      await world.portal(SECOND, 'open')
    }
  },
}

export const dead: Scenario = {
  name: 'nvme-all-dead',
  title: 'no portal answers: the attach fails in time, says why, and has written nothing to the kernel',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher()
    for (const state of SICK) {
      for (const portal of TWO) await world.portal(portal, state)
      await answersInTime(world, 8000, () =>
        story.tell(`attach one, all portals: ${state}`, attacher.attach(soon('one'), { timeoutMs: 8000 })),
      )
      await expectNoNvme(world, `after the attempt: ${state}`)
    }
    for (const portal of TWO) await world.portal(portal, 'open')
    await attachOk(story, attacher, nvmeRequest('one', { portals: TWO }))
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const latePath: Scenario = {
  name: 'nvme-late-path',
  title: 'a portal that answers only after the attach has returned: its path joins by itself',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await world.portal(SECOND, 'refuse')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, soon('one'))
    equal((await seen(world)).controllers, live([FIRST]), 'controllers at first')
    await world.portal(SECOND, 'open')
    await eventually(world, 'the second path joins', async () => (await seen(world)).controllers.length === 2)
    await eventually(world, 'it is live', async () => (await seen(world)).controllers.every((each) => each.endsWith(' live')))
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const linkDown: Scenario = {
  name: 'nvme-link-down',
  title: 'one of two paths falls silent under writes and returns: the writes go on, and the detach leaves nothing',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: TWO }))
    const stateOfFirst = async () => (await seen(world)).controllers.find((each) => each.includes(FIRST)) ?? 'none'
    await world.portal(FIRST, 'drop')
    const writes: string[] = []
    await eventually(world, 'the kernel has noticed it', async () => {
      writes.push(await world.write(device, `write ${writes.length}`))
      return !(await stateOfFirst()).endsWith(' live')
    })
    for (let more = 0; more < 3; more++) writes.push(await world.write(device, `write ${writes.length}`))
    truthy(
      writes.every((each) => each === 'written'),
      `all writes succeed: ${writes.join(' ')}`,
    )
    const text = `write ${writes.length - 1}`
    equal(Buffer.from(await world.content('data', text.length)).toString('latin1'), text, 'the last write')
    await world.portal(FIRST, 'open')
    await eventually(world, 'the path returns', async () => (await stateOfFirst()).endsWith(' live'))
    story.note('controllers at the end', (await seen(world)).controllers)
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const detachWithDeadPath: Scenario = {
  name: 'nvme-detach-dead-path',
  title: 'the detach while one of two paths is silent flushes over the other one, and removes both controllers',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: TWO }))
    const later = await world.writeLater(device, 'kept')
    await world.portal(SECOND, 'drop')
    await eventually(world, 'the kernel has noticed it', async () =>
      (await seen(world)).controllers.some((each) => each.includes(SECOND) && !each.endsWith(' live')),
    )
    await later.close()
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
    await world.portal(SECOND, 'open')
  },
}
