/** NVMe over TCP: a volume comes, is used, is compared, is resized, and goes. */
import { attachOk, detachOk, equal, truthy } from '../world/expect.js'
import { expectContent, expectNoNvme, FIRST, live, NQN, nvmeRequest, PORTALS, seen, serveNvme } from '../world/nvme.js'
import { namespaceUuid } from '../../lib/testing/nvme/targets.js'
import { eventually } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'

export const attachDetach: Scenario = {
  name: 'nvme-attach-detach',
  title: 'a namespace over four portals comes, is mounted and written, and goes; nothing stays behind',
  run: async (world, story) => {
    await serveNvme(world)
    await using attacher = await world.attacher()
    const attachment = await attachOk(story, attacher, nvmeRequest('one'))
    equal(await seen(world), { controllers: live(PORTALS), subsystems: [NQN], devices: ['nvme0n1'] }, 'the host with one volume')
    equal([attachment.device, attachment.wwid], ['/dev/nvme0n1', `uuid.${namespaceUuid('data')}`], 'its device and identity')
    await expectContent(world, attachment.device, 'data')
    const mounted = await world.mount(attachment.device)
    await story.tell('detach one while it is mounted', attacher.detach('one'))
    equal((await seen(world)).controllers, live(PORTALS), 'controllers after the refusal')
    await mounted.unmount()
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
    await detachOk(story, attacher, 'one')
  },
}

export const twice: Scenario = {
  name: 'nvme-twice',
  title: 'attaching a namespace that is attached answers it again, also to another process',
  run: async (world, story) => {
    await serveNvme(world, PORTALS.slice(0, 2))
    const asked = nvmeRequest('one', { portals: PORTALS.slice(0, 2) })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, asked)
    await attachOk(story, attacher, asked, 'attach one again')
    await using another = await world.attacher()
    await attachOk(story, another, asked, 'attach one by another process')
    equal((await seen(world)).controllers, live(PORTALS.slice(0, 2)), 'controllers')
    await detachOk(story, another, 'one')
    await expectNoNvme(world, 'after one detach')
  },
}

export const written: Scenario = {
  name: 'nvme-written',
  title: 'what a program wrote and nobody flushed is on the volume after the detach',
  run: async (world, story) => {
    await serveNvme(world, [FIRST])
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: [FIRST] }))
    const text = 'written by a program'
    equal(await world.write(device, text), 'written', 'the write')
    await detachOk(story, attacher, 'one')
    equal(Buffer.from(await world.content('data', text.length)).toString('latin1'), text, 'what the volume has')
    await expectNoNvme(world, 'after the detach')
  },
}

export const wrongIdentity: Scenario = {
  name: 'nvme-wrong-identity',
  title: 'a namespace of another identity is never handed out, and nothing of it stays',
  run: async (world, story) => {
    await serveNvme(world, [FIRST])
    await world.volume('other')
    await using attacher = await world.attacher()
    const asked = (namespace: object) => nvmeRequest('one', { portals: [FIRST], namespace, policy: { lun: { waitMs: 2000 } } })
    await story.tell('attach what the subsystem does not have', attacher.attach(asked({ uuid: namespaceUuid('other') })))
    await expectNoNvme(world, 'after the first attempt')
    await story.tell('attach one under another number', attacher.attach(asked({ uuid: namespaceUuid('data'), nsid: 2 })))
    await expectNoNvme(world, 'after the second attempt')
    const expected = { wwid: `uuid.${namespaceUuid('other')}` }
    await story.tell('attach by number, another is expected', attacher.attach({ ...asked({ nsid: 1 }), expected }))
    await expectNoNvme(world, 'after the third attempt')
    await attachOk(story, attacher, asked({ nsid: 1, uuid: namespaceUuid('data') }))
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const replaced: Scenario = {
  name: 'nvme-replaced',
  title: 'a namespace that was replaced under its number, while another program has controllers: the new volume is attached',
  run: async (world, story) => {
    const portals = PORTALS.slice(0, 2)
    await serveNvme(world, portals)
    await world.volume('other')
    const controllers = [await world.nvme.connect(NQN, portals[0] ?? ''), await world.nvme.connect(NQN, portals[1] ?? '')]
    await eventually(world, 'the first namespace is there', async () => (await seen(world)).devices.length === 1)
    await world.nvme.map(NQN, 1, 'other')
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals, volume: 'other' }))
    await expectContent(world, device, 'other')
    await detachOk(story, attacher, 'one')
    equal((await seen(world)).controllers, live(portals), 'controllers of the other program')
    for (const controller of controllers) await world.nvme.disconnect(controller)
    await eventually(world, 'they are gone', async () => (await seen(world)).controllers.length === 0)
    await expectNoNvme(world, 'after the other program has gone')
  },
}

export const resize: Scenario = {
  name: 'nvme-resize',
  title: 'a namespace grows: every path and the device have the new size',
  run: async (world, story) => {
    await serveNvme(world, PORTALS.slice(0, 2))
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, nvmeRequest('one', { portals: PORTALS.slice(0, 2) }))
    await world.resizeVolume('data', 96)
    await world.nvme.revalidate(NQN, 1)
    await story.tell('resize one', attacher.resize('one'), ({ sizeBytes }) => ({ sizeBytes }))
    equal(
      (await world.readText(`/sys/class/block/${device.slice('/dev/'.length)}/size`))?.trim(),
      String(96 * 2048),
      'sectors of the device',
    )
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const late: Scenario = {
  name: 'nvme-late-namespace',
  title: 'a namespace that is exported two seconds after the attach began is found',
  run: async (world, story) => {
    await serveNvme(world, [FIRST])
    await world.nvme.unmap(NQN, 1)
    await using attacher = await world.attacher()
    const attaching = attacher.attach(nvmeRequest('one', { portals: [FIRST] }))
    attaching.catch(() => undefined)
    await world.sleep(2000)
    await world.nvme.map(NQN, 1, 'data')
    await story.tell('attach one', attaching, ({ wwid, paths }) => ({ wwid, paths: paths.length }))
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}

export const inaccessible: Scenario = {
  name: 'nvme-inaccessible',
  title: 'no path may be used: an error of its own; it is attached when one may be used in time',
  run: async (world, story) => {
    const portals = PORTALS.slice(0, 2)
    await serveNvme(world, [])
    await world.nvme.removeSubsystem(NQN)
    await world.nvme.subsystem({ nqn: NQN, portals, namespaces: { 1: 'data' }, group: 2 })
    for (const portal of portals) await world.nvme.ana(NQN, portal, 2, 'inaccessible')
    await using attacher = await world.attacher()
    const asked = nvmeRequest('one', { portals })
    await story.tell('attach one without a path', attacher.attach(asked, { timeoutMs: 40_000 }))
    await expectNoNvme(world, 'after the failure')
    const attaching = attacher.attach(asked)
    attaching.catch(() => undefined)
    await eventually(world, 'a controller is live', async () => (await seen(world)).controllers.some((each) => each.endsWith(' live')))
    await world.sleep(500)
    await world.nvme.ana(NQN, portals[0] ?? '', 2, 'optimized')
    const attachment = await story.tell('attach one', attaching, ({ wwid }) => ({ wwid }))
    truthy(attachment !== undefined, 'it is attached')
    await detachOk(story, attacher, 'one')
    await expectNoNvme(world, 'after the detach')
  },
}
