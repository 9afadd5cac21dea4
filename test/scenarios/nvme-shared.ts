/** NVMe over TCP: other programs' controllers, several volumes of one subsystem, several owners and hosts, ends of processes. */
import { attachOk, detachOk, equal, truthy } from '../world/expect.js'
import { eventually } from '../world/four.js'
import { expectNoNvme, FIRST, live, nameHost, NQN, nvmeRequest, PAIR, SECOND, seen, serveNvme } from '../world/nvme.js'
import { killDuring } from '../play/kill.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const TWO = [FIRST, SECOND]
const asked = nvmeRequest('one', { portals: TWO })

export const foreignBefore: Scenario = {
  name: 'nvme-foreign-before',
  title: 'another program has a controller to one of two portals: it is used, and stays',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    const controller = await world.nvme.connect(NQN, FIRST)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, asked)
    equal((await seen(world)).controllers, live(TWO), 'controllers')
    await detachOk(story, attacher, 'one')
    equal((await seen(world)).controllers, live([FIRST]), 'controllers after the detach')
    await world.nvme.disconnect(controller)
    await eventually(world, 'it is gone', async () => (await seen(world)).controllers.length === 0)
    await expectNoNvme(world, 'after the other program has gone')
  },
}

export const foreignDeletes: Scenario = {
  name: 'nvme-foreign-deletes',
  title: 'another program deletes one controller of an attachment: the rest is detached as usual',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, asked)
    const [first = ''] = await world.list('/sys/class/nvme')
    await world.nvme.disconnect(first)
    await eventually(world, 'it is gone', async () => (await seen(world)).controllers.length === 1)
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

async function serveMany(world: World, count: number): Promise<void> {
  await nameHost(world)
  const namespaces: Record<number, string> = {}
  for (let nsid = 1; nsid <= count; nsid++) {
    await world.volume(`v${nsid}`)
    namespaces[nsid] = `v${nsid}`
  }
  await world.nvme.subsystem({ nqn: NQN, portals: TWO, namespaces })
}
const ofMany = (index: number) => nvmeRequest(`v${index}`, { portals: TWO, volume: `v${index}` })

export const shared: Scenario = {
  name: 'nvme-shared',
  title: 'four namespaces of one subsystem, attached at once by two owners: one controller a portal, gone with the last one',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveMany(world, 4)
    await using attacher = await world.attacher()
    await using other = await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })
    const all = await Promise.all([1, 2, 3, 4].map((index) => (index % 2 === 1 ? attacher : other).attach(ofMany(index))))
    equal(new Set(all.map(({ path }) => path)).size, 4, 'devices')
    equal((await seen(world)).controllers, live(TWO), 'controllers')
    await detachOk(story, attacher, 'v1')
    await detachOk(story, other, 'v2')
    await detachOk(story, attacher, 'v3')
    equal((await seen(world)).controllers, live(TWO), 'controllers while one volume is left')
    await detachOk(story, other, 'v4')
    await expectNoNvme(world, 'after the last one')
  },
}

export const sixteen: Scenario = {
  name: 'nvme-sixteen',
  title: 'sixteen volumes at once: each has its device, and nothing stays',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveMany(world, 16)
    await using attacher = await world.attacher()
    const ids = Array.from({ length: 16 }, (_, index) => index + 1)
    const all = await Promise.all(ids.map((index) => attacher.attach(ofMany(index))))
    equal(new Set(all.map(({ path }) => path)).size, 16, 'devices')
    for (const [index, attachment] of all.entries()) {
      const name = `volume v${index + 1}`
      equal(Buffer.from(await world.read(attachment.path, 512)).toString('latin1', 0, name.length), name, 'what is on it')
    }
    const reports = await Promise.all(ids.map((index) => attacher.detach(`v${index}`)))
    story.note('outcomes', [...new Set(reports.map(({ outcome }) => outcome))])
    await expectNoNvme(world, 'after all')
  },
}

const OTHER_PAIR = { nqn: 'nqn.2014-08.org.example:host-b', id: '11111111-2222-4333-8444-555555555555' } as const
export const twoHosts: Scenario = {
  name: 'nvme-two-hosts',
  title: 'two hosts by two pairs of names: B attaches, A detaches, and the volume of B works on',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    await using a = await world.attacher()
    await using b = await world.attacher({ owner: 'b', stateDir: `${world.stateDir}-b` })
    const first = await attachOk(story, a, { ...asked, id: 'a' })
    equal(await world.write(first.device, 'by a'), 'written', 'the write of A')
    const second = await attachOk(story, b, nvmeRequest('b', { portals: TWO, host: OTHER_PAIR }))
    equal((await seen(world)).controllers.length, 4, 'controllers')
    equal(await world.write(second.device, 'by b'), 'written', 'the write of B')
    await detachOk(story, a, 'a')
    equal(await world.write(second.device, 'b on'), 'written', 'the write of B after A has gone')
    await detachOk(story, b, 'b')
    equal(Buffer.from(await world.content('data', 4)).toString('latin1'), 'b on', 'what the volume has')
    await expectNoNvme(world, 'after both')
  },
}

export const contradiction: Scenario = {
  name: 'nvme-contradicting-pair',
  title: 'a live controller has the same host NQN with another host id: the attach is refused before anything is written',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    const controller = await world.nvme.connect(NQN, FIRST)
    await using attacher = await world.attacher()
    const host = { nqn: PAIR.nqn, id: OTHER_PAIR.id }
    await story.tell('attach one', attacher.attach(nvmeRequest('one', { portals: TWO, host })))
    equal((await world.readText(`/sys/class/nvme/${controller}/hostid`))?.trim(), PAIR.id, 'the host id of the other program')
    equal((await seen(world)).controllers, live([FIRST]), 'controllers')
    await world.nvme.disconnect(controller)
    await eventually(world, 'it is gone', async () => (await seen(world)).controllers.length === 0)
    await expectNoNvme(world, 'afterwards')
  },
}

const ATTACH = ['admit', 'journal', 'probe', 'connect', 'find', 'verify', 'wait-ready', 'commit']
const DETACH = ['admit', 'check-users', 'flush', 'disconnect', 'commit']
/** A recovery may have to wait for the kernel's answer. */
const SHORT_MS = 14_000
export const killed: Scenario = {
  name: 'nvme-killed',
  title: 'kill -9 at every step of attach and detach: the next process finds all or nothing, and leaves nothing',
  timeoutMs: 900_000,
  run: async (world, story) => {
    await serveNvme(world, TWO)
    let agent = await world.agent()
    for (const [operation, step] of [
      ...ATTACH.map((each) => ['attach', each] as const),
      ...DETACH.map((each) => ['detach', each] as const),
    ]) {
      if (operation === 'detach') await agent.attacher.attach(asked)
      const plan = { operation, step, nth: 1, afterMs: 0 }
      await killDuring(world, agent, plan, 'one', (attacher) =>
        operation === 'attach' ? attacher.attach(asked, { timeoutMs: SHORT_MS * 2 }) : attacher.detach('one'),
      )
      agent = await world.agent()
      const { actions } = await agent.attacher.recover()
      truthy(
        actions.every(({ action }) => action !== 'left'),
        `recovered after ${operation} ${step}: ${JSON.stringify(actions)}`,
      )
      await agent.attacher.detach('one')
      await eventually(world, `nothing is left after ${operation} ${step}`, async () => (await seen(world)).controllers.length === 0)
      await expectNoNvme(world, `after ${operation} ${step}`)
    }
    story.note('steps', ATTACH.length + DETACH.length)
    await agent.kill()
  },
}

export const reboot: Scenario = {
  name: 'nvme-reboot',
  title: 'after a reboot the attachment of the old boot is gone, controllers of others stay, and it can be attached again',
  run: async (world, story) => {
    await serveNvme(world, TWO)
    const attacher = await world.attacher()
    await attachOk(story, attacher, asked)
  },
  afterReboot: async (world, story) => {
    if (world.kind === 'real') await serveNvme(world, TWO)
    const controller = await world.nvme.connect(NQN, FIRST)
    await using attacher = await world.attacher()
    await story.tell('recover', attacher.recover(), ({ actions }) => actions.map(({ action }) => action))
    equal((await seen(world)).controllers, live([FIRST]), 'controllers of others')
    await attachOk(story, attacher, asked)
    await detachOk(story, attacher, 'one')
    equal((await seen(world)).controllers, live([FIRST]), 'controllers of others at the end')
    await world.nvme.disconnect(controller)
    await eventually(world, 'it is gone', async () => (await seen(world)).controllers.length === 0)
    await expectNoNvme(world, 'afterwards')
  },
}
