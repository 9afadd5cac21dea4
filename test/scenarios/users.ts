/** Users of a volume: partitions and their content, exports, and file systems without a device number. */
import { abortAt, attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, truthy } from '../world/expect.js'
import { eventually, pathsOf } from '../world/four.js'
import type { World } from '../world/world.js'
import type { Scenario, Story } from '../play/scenario.js'
import type { Attacher, BlockAttachment } from '../../lib/index.js'

const PORTALS = [PORTAL, SECOND_PORTAL]
const GRACE_MS = 6000
/** An emulated guest is slow while the machine does other work. */
const SLOWLY = { timeoutMs: 180_000 }
const mapped = (id: string) => request(id, { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all', graceMs: GRACE_MS } } })

async function serve(world: World, options: Parameters<World['volume']>[1], noPathRetry: 'queue' | 'fail' = 'fail'): Promise<void> {
  await world.multipathd('running', { noPathRetry })
  await world.volume('data', options)
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
/**
 * Attaches the volume as a map, and waits until kpartx has created the partition maps. Returns a function that names a partition's node.
 */
async function attachPartitioned(world: World, story: Story, attacher: Attacher, what: string): Promise<(number: number) => string> {
  const { multipath } = await attachOk(story, attacher, mapped('one'), what, SLOWLY)
  await eventually(
    world,
    'two partition maps',
    async () => (await world.list('/dev/mapper')).filter((name) => /-part\d$/.test(name)).length === 2,
  )
  return (number) => `/dev/mapper/${multipath?.name ?? ''}-part${number}`
}
/** The other form of the volume: a single path, without multipathd. */
async function attachOverOnePath(world: World, story: Story, attacher: Attacher): Promise<BlockAttachment> {
  await withoutMultipath(world)
  return await attachOk(story, attacher, request('one'), 'attach over one path', SLOWLY)
}
async function detachToNothing(world: World, story: Story, attacher: Attacher, when = 'at the end'): Promise<void> {
  await detachOk(story, attacher, 'one')
  await expectClean(world, when)
}
/** Detaches without and with `force`. Both are refused and change nothing. Notes the users in the errors. */
async function refused(world: World, story: Story, attacher: Attacher, what: string): Promise<void> {
  const before = await world.leftovers()
  for (const force of [false, true]) {
    const error = await attacher.detach('one', { force }).then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string; sideEffects: string; details: { holders: { kind: string; name?: string }[] } },
    )
    const kinds = [...new Set(error?.details.holders.map(({ kind, name }) => (name === undefined ? kind : `${kind} ${name}`)))]
    story.note(`${what}${force ? ', by force' : ''}`, [error?.code, error?.sideEffects, ...kinds.sort()])
  }
  equal(await world.leftovers(), before, `the host after the refusal: ${what}`)
}

/**
 * Makes multipath-tools forget the volume. Otherwise they would create a map over its only path, and their udev rules would remove the
 * partitions of that path.
 */
async function withoutMultipath(world: World): Promise<void> {
  await world.multipathd('stopped')
  await world.writeText('/etc/multipath/wwids', '')
}

export const partitioned: Scenario = {
  name: 'partitioned',
  title: 'a volume with a partition table, where kpartx makes partition maps: attaches, grows, rolls back, is recovered and detaches',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serve(world, { partitions: ['ext4', 'blank'] })
    await using attacher = await world.attacher()
    await attachPartitioned(world, story, attacher, 'attach one')
    equal((await attacher.inspect('one')).holders, [], 'holders of the map')
    await world.resizeVolume('data', 96)
    await story.tell('resize', attacher.resize('one'), ({ sizeBytes }) => sizeBytes)
    await detachToNothing(world, story, attacher, 'after the detach')

    const signal = abortAt(attacher, 'commit')
    const failed = await attacher.attach(mapped('one'), { signal, ...SLOWLY }).catch((error: unknown) => error as { sideEffects: string })
    if ('id' in failed) await attacher.detach('one')
    // In a slow guest the rollback outlives the call.
    await eventually(world, 'nothing left', async () =>
      Object.values(await world.leftovers()).every((left: readonly string[]) => left.length === 0),
    )
    await expectClean(world, 'after an attach that was given up')

    await attachPartitioned(world, story, attacher, 'attach again')
    await attacher.close()
    for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`]) await world.remove(directory)
    await using next = await world.attacher()
    const { actions } = await next.recover()
    story.note(
      'recovered',
      actions.map(({ action }) => action).filter((action) => action !== 'removed'),
    )
    await expectClean(world, 'after the recovery')

    await attachOverOnePath(world, story, next)
    await detachToNothing(world, story, next)
  },
}

export const partitionMounted: Scenario = {
  name: 'partition-mounted',
  title: 'a mounted partition holds the volume, as a map and over one path, and the mount is named',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serve(world, { partitions: ['ext4', 'blank'] })
    await using attacher = await world.attacher()
    const partition = await attachPartitioned(world, story, attacher, 'attach one')
    const onMap = await world.mount(partition(1))
    await refused(world, story, attacher, 'detach of the map')
    const { holders } = await attacher.inspect('one')
    truthy(
      holders.some(({ where }) => where === onMap.mountPoint),
      'the mount point is named',
    )
    await onMap.unmount()
    await detachToNothing(world, story, attacher, 'after the detach of the map')

    const { device } = await attachOverOnePath(world, story, attacher)
    await eventually(world, 'the first partition', async () => (await world.list('/dev')).includes(`${device.slice('/dev/'.length)}1`))
    const onDisk = await world.mount(`${device}1`)
    await refused(world, story, attacher, 'detach of the disk')
    await onDisk.unmount()
    await detachToNothing(world, story, attacher)
  },
}

export const lvmInside: Scenario = {
  name: 'lvm-inside',
  title: 'an active logical volume on a partition holds the volume, and is named by its group and its name',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serve(world, { partitions: ['ext4', 'blank'] })
    await using attacher = await world.attacher()
    const partition = await attachPartitioned(world, story, attacher, 'attach one')
    const active = await world.logicalVolume(partition(2))
    await refused(world, story, attacher, 'detach')
    await active.end()
    await detachToNothing(world, story, attacher)
  },
}

export const nvmetExport: Scenario = {
  name: 'nvmet-export',
  title: 'a volume that the NVMe target serves to others is held, by whatever path it was given, and the subsystem is named',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serve(world, { content: 'ext4' })
    await using attacher = await world.attacher()
    const { device, multipath, stableLink } = await attachOk(story, attacher, mapped('one'), 'attach one', SLOWLY)
    for (const [what, path] of Object.entries({ node: device, name: `/dev/mapper/${multipath?.name ?? ''}`, link: stableLink ?? '' })) {
      const exported = await world.exportByNvmet(path)
      await story.tell(`detach while exported by its ${what}`, attacher.detach('one'))
      await exported.end()
    }
    await detachOk(story, attacher, 'one')
    const single = await attachOverOnePath(world, story, attacher)
    const exported = await world.exportByNvmet(single.stableLink ?? '')
    await story.tell('detach of a disk while exported by a link', attacher.detach('one'))
    await exported.end()
    await detachToNothing(world, story, attacher)
  },
}

export const queueingMapInUse: Scenario = {
  name: 'queueing-map-in-use',
  title: 'a btrfs on a map that queues for want of a path: a detach is refused, by force too, the map queues on, and nothing is lost',
  timeoutMs: 600_000,
  run: async (world, story) => {
    await serve(world, { content: 'btrfs', sizeMb: 160 }, 'queue')
    await using attacher = await world.attacher()
    const { device, multipath } = await attachOk(story, attacher, mapped('one'), 'attach one', SLOWLY)
    const name = multipath?.name ?? ''
    const mounted = await world.mount(device)
    for (const portal of PORTALS) await world.portal(portal, 'refuse')
    await eventually(world, 'no active path', async () => (await pathsOf(world)) === 0, 180_000)
    for (const [what, how] of Object.entries({ force: { force: true }, 'fail-io': { onNoPaths: 'fail-io' as const } })) {
      await story.tell(`detach, ${what}`, attacher.detach('one', { ...how, timeoutMs: 60_000 }))
      story.note(`queues after ${what}`, await world.isQueueing(name))
    }
    for (const portal of PORTALS) await world.portal(portal, 'open')
    await eventually(world, 'both paths', async () => (await pathsOf(world)) === 2, 180_000)
    await mounted.unmount()
    await detachToNothing(world, story, attacher)
  },
}
