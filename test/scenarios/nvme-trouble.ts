/** NVMe over TCP: duplicated identities, changes of access, users that hold nothing, targets that greet only, and containers. */
import { attachOk, detachOk, equal, truthy } from '../world/expect.js'
import { eventually } from '../world/four.js'
import { expectContent, expectNoNvme, FIRST, live, NQN, nvmeRequest, SECOND, seen, serveNvme } from '../world/nvme.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const TWO = [FIRST, SECOND]
const OTHER_NQN = 'nqn.2014-08.org.example:two'
const THIRD = '10.99.3.1:4420'

async function expectNoneOnceDisconnected(world: World, controllers: readonly string[]): Promise<void> {
  for (const controller of controllers) await world.nvme.disconnect(controller)
  await eventually(world, 'the other program has gone', async () => (await seen(world)).controllers.length === 0)
  await expectNoNvme(world, 'after the other program has gone')
}

export const duplicate: Scenario = {
  name: 'nvme-duplicate',
  title: 'another subsystem shows the same identity, so the kernel hides the namespace: an error that names it, and nothing stays',
  run: async (world, story) => {
    await serveNvme(world, [FIRST])
    await world.nvme.subsystem({ nqn: OTHER_NQN, portals: [THIRD], namespaces: { 1: 'data' } })
    const other = await world.nvme.connect(OTHER_NQN, THIRD)
    await eventually(world, 'the first one is there', async () => (await seen(world)).devices.length === 1)
    await using attacher = await world.attacher()
    await story.tell('attach one', attacher.attach(nvmeRequest('one', { portals: [FIRST], policy: { lun: { waitMs: 3000 } } })))
    equal((await seen(world)).controllers, live([THIRD], OTHER_NQN), 'controllers after the failure')
    await expectNoneOnceDisconnected(world, [other])
  },
}

export const anaChange: Scenario = {
  name: 'nvme-ana-change',
  title: 'one of two paths may no longer be used: writes go over the other one, also after they have changed places',
  run: async (world, story) => {
    await serveNvme(world, [])
    await world.nvme.removeSubsystem(NQN)
    await world.nvme.subsystem({ nqn: NQN, portals: TWO, namespaces: { 1: 'data' }, group: 2 })
    for (const portal of TWO) await world.nvme.ana(NQN, portal, 2, 'optimized')
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: TWO }))
    await world.nvme.ana(NQN, FIRST, 2, 'inaccessible')
    await world.sleep(1000)
    equal(await world.write(device, 'second'), 'written', 'the write over the second path')
    await world.nvme.ana(NQN, FIRST, 2, 'non-optimized')
    await world.nvme.ana(NQN, SECOND, 2, 'inaccessible')
    await world.sleep(1000)
    equal(await world.write(device, 'first'), 'written', 'the write over the first path')
    equal(Buffer.from(await world.content('data', 5)).toString('latin1'), 'first', 'what the volume has')
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const users: Scenario = {
  name: 'nvme-users',
  title: 'a program has the block device or the character device of the namespace open: it is held, and stays',
  run: async (world, story) => {
    await serveNvme(world, [FIRST])
    await using attacher = await world.attacher()
    await attachOk(story, attacher, nvmeRequest('one', { portals: [FIRST] }))
    for (const device of ['/dev/nvme0n1', '/dev/ng0n1']) {
      const opened = await world.openRaw(device)
      await story.tell(`detach one while a program has ${device} open`, attacher.detach('one'))
      equal((await seen(world)).controllers, live([FIRST]), 'controllers')
      await opened.close()
    }
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const unmapped: Scenario = {
  name: 'nvme-unmapped',
  title: 'the storage unmaps the namespace while it is attached: the detach is complete',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, nvmeRequest('one', { portals: TWO }))
    await world.nvme.unmap(NQN, 1)
    await eventually(world, 'the device is gone', async () => (await seen(world)).devices.length === 0)
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const greetsOnly: Scenario = {
  name: 'nvme-greets-only',
  title:
    'a portal greets and then says nothing, so the kernel connects for a minute: the volume is there over the other one, and nothing stays',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveNvme(world, [FIRST])
    await world.nvme.greeter(NQN, SECOND)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: TWO, policy: { paths: { graceMs: 2000 } } }))
    await expectContent(world, device, 'data')
    const report = await attacher.detach('one', { timeoutMs: 120_000 })
    truthy(report.outcome === 'released', `it is detached: ${JSON.stringify(report.remaining)}`)
    await eventually(world, 'the kernel has given the portal up', async () => (await seen(world)).controllers.length === 0, 120_000)
    await expectNoNvme(world, 'after the detach')
    await attachOk(story, attacher, nvmeRequest('two', { portals: [FIRST] }))
    await detachOk(story, attacher, 'two')
    await expectNoNvme(world, 'at the end')
  },
}

export const container: Scenario = {
  name: 'nvme-container',
  title: 'from a container with a network of its own: the controllers are of the host network, and return after a loss',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher({ inContainer: true })
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: TWO }))
    const lost = async () => (await seen(world)).controllers.filter((each) => !each.endsWith(' live')).length
    await world.portal(FIRST, 'drop')
    await eventually(world, 'one path is lost', async () => (await lost()) === 1)
    await world.portal(FIRST, 'open')
    await eventually(world, 'it returns', async () => (await lost()) === 0)
    await expectContent(world, device, 'data')
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}
