import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, serveOne, truthy } from '../world/expect.js'
import { eventually, multipath, serveFour } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

export const foreignSession: Scenario = {
  name: 'foreign-session',
  title: "another program's session and its disk stay as they were",
  run: async (world, story) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
    const session = await world.foreignLogin(IQN, PORTAL)
    await world.volume('more')
    await world.mapLun(IQN, 2, 'more')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('two', { lun: 2 }))
    await detachOk(story, attacher, 'two')
    equal(
      await world.leftovers(),
      { sessions: [`${IQN} ${PORTAL}`], records: [`${IQN} ${PORTAL}`], disks: [`${IQN} 1`], maps: [] },
      'what the other program has',
    )
    equal(await world.sessions(IQN), [session], 'its session')
    await attachOk(story, attacher, request('one'), 'attach the disk that the other program brought in')
    await detachOk(story, attacher, 'one')
    equal((await world.leftovers()).disks, [`${IQN} 1`], 'its disk')
    await world.foreignLogout(IQN, PORTAL)
    await expectClean(world, 'after the other program left')
  },
}

export const foreignRecord: Scenario = {
  name: 'foreign-record',
  title: 'a record of another program that would bring in everything is neither used nor changed',
  run: async (world, story) => {
    await serveOne(world)
    await world.foreignRecord(IQN, PORTAL)
    const before = await world.leftovers()
    await using attacher = await world.attacher()
    await story.tell('attach', attacher.attach(request('one', {})))
    equal(await world.leftovers(), before, 'the host after the refusal')
    await world.foreignLogout(IQN, PORTAL)
  },
}

export const heldByMount: Scenario = {
  name: 'held-mount',
  title: 'a mounted volume is not taken away, and stays usable',
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, request('one'))
    const mounted = await world.mount(device)
    await story.tell('detach while mounted', attacher.detach('one'))
    await story.tell('detach while mounted, by force', attacher.detach('one', { force: true }))
    const { holders } = await attacher.inspect('one')
    truthy(
      holders.some(({ kind, where }) => kind === 'mount' && where === mounted.mountPoint),
      'inspect names the mount point',
    )
    await attachOk(story, attacher, request('one'), 'attach what is still attached')
    await mounted.unmount()
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const heldElsewhere: Scenario = {
  name: 'held-other-namespace',
  title: 'a mount that only another mount namespace sees holds the volume too',
  run: async (world, story) => {
    await serveOne(world, { content: 'ext4' })
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, request('one'))
    const mounted = await world.mount(device, { otherNamespace: true })
    try {
      await attacher.detach('one')
      truthy(false, 'the detach must be refused')
    } catch (error) {
      const { code, details } = error as { code: string; details: { holders: { kind: string; where: string; pid: number }[] } }
      equal(code, 'ERR_HELD', 'code')
      const holder = details.holders.find(({ kind }) => kind === 'mount')
      equal([holder?.where, holder?.pid !== undefined], [mounted.mountPoint, true], 'the mount point and a process that sees it')
    }
    await mounted.unmount()
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const heldByOpener: Scenario = {
  name: 'held-opener',
  title: 'a process that has the device open without O_EXCL holds it, unless the caller overrides it',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, request('one'))
    const opener = await world.openRaw(device)
    try {
      await attacher.detach('one')
      truthy(false, 'the detach must be refused')
    } catch (error) {
      const { code, details } = error as { code: string; details: { holders: { kind: string; pid: number }[] } }
      equal(
        [code, details.holders.map(({ kind, pid }) => ({ kind, pid }))],
        ['ERR_HELD', [{ kind: 'process', pid: opener.pid }]],
        'code and holder',
      )
    }
    const forced = await detachOk(story, attacher, 'one', { force: true })
    equal(forced.dataLossPossible, true, 'data loss is said to be possible')
    await opener.close()
    await expectClean(world, 'after the forced detach')
  },
}

const isReadOnly = async (world: World, device: string) =>
  (await world.readText(`/sys/class/block/${device.replace('/dev/', '')}/ro`))?.trim() === '1'

export const readOnlyMap: Scenario = {
  name: 'read-only',
  title:
    "access 'ro': writes to the map and to each path are refused, the volume is shared with nobody who writes, and can be written to afterwards",
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const { device, paths, readOnly } = await attachOk(story, attacher, multipath('one', { access: 'ro' }))
    const devices = [device, ...paths.map((path) => path.device)]
    const said = await Promise.all(devices.map((each) => isReadOnly(world, each)))
    equal([readOnly, said], [true, devices.map(() => true)], 'read-only, by the answer and by the kernel')
    for (const each of devices) equal(await world.write(each, 'overwritten'), 'refused', `a write to ${each}`)
    await story.tell('attach to write', attacher.attach(multipath('two')), () => 'attached')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the first detach')
    const writable = await attachOk(story, attacher, multipath('two'), 'attach to write afterwards')
    equal([writable.readOnly, await world.write(writable.device, 'written')], [false, 'written'], 'read-only, and a write')
    await story.tell('attach to read', attacher.attach(multipath('one', { access: 'ro' })), () => 'attached')
    await detachOk(story, attacher, 'two')
    await expectClean(world, 'after the second detach')
  },
}

export const readOnlyFound: Scenario = {
  name: 'read-only-found',
  title: "access 'ro' over the disk of another program: writable again after the detach, and after a recovery from kill -9",
  run: async (world, story) => {
    await serveOne(world)
    await world.foreignLogin(IQN, PORTAL)
    await eventually(world, 'a disk', async () => (await world.disks()).length > 0)
    const [disk = ''] = await world.disks()
    const reads = request('one', { policy: { multipath: 'never', access: 'ro' } })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, reads)
    equal([await isReadOnly(world, disk), await world.write(`/dev/${disk}`, 'overwritten')], [true, 'refused'], 'read-only, and a write')
    await detachOk(story, attacher, 'one')
    equal(await isReadOnly(world, disk), false, 'read-only after the detach')
    const agent = await world.agent()
    agent.dieAt('wait-ready', 1)
    await Promise.race([agent.attacher.attach(reads).catch(() => undefined), agent.ended])
    await agent.ended
    equal(await isReadOnly(world, disk), true, 'read-only after the kill')
    story.note(
      'recovered',
      (await attacher.recover()).actions.map(({ action }) => action),
    )
    equal([await isReadOnly(world, disk), await world.write(`/dev/${disk}`, 'written')], [false, 'written'], 'read-only, and a write')
    await world.foreignLogout(IQN, PORTAL)
    await expectClean(world, 'at the end')
  },
}
