/** Compares enumerate() with the output of other programs. */
import { writeFile } from 'node:fs/promises'
import type { Attacher, BlockAttachment, BlockTopology } from '../../lib/index.js'
import { equal, expectClean, IQN, request, truthy } from '../world/expect.js'
import { OTHER, OTHER_PORTAL, PORTALS } from '../world/four.js'
import { likeDmsetup, likeIscsiadm, likeLsblk, likeMultipath, likeSysfs } from '../world/real/alike.js'
import { must } from '../world/real/shell.js'
import type { Scenario, Story } from '../play/scenario.js'
import type { World } from '../world/world.js'

const IN_STORM = [1, 2, 3, 4]
/** The minimum number of rounds. */
const ROUNDS = 8
const PATIENCE = { timeoutMs: 240_000 }
const FILE = '/run/lab-topology'

/** Attaches and detaches other volumes until ended. The end returns how many attaches succeeded. */
function storm(attacher: Attacher) {
  let going = true
  let rounds = 0
  const blow = async (lun: number) => {
    for (; going; rounds++) {
      await attacher.attach(request(`storm-${lun}`, { lun, iqn: OTHER, portals: [OTHER_PORTAL] }), PATIENCE)
      await attacher.detach(`storm-${lun}`, PATIENCE)
    }
  }
  const all = Promise.all(IN_STORM.map(blow))
  all.catch(() => {
    going = false // set by end()
  })
  const end = async () => {
    going = false
    await all
    return rounds
  }
  return { end, blows: () => going && rounds < ROUNDS }
}

/** Builds devices beside the volumes: a device on a map, a mount, and a loop device with a partition. */
async function build(world: World, [plain = '', mounted = '']: readonly string[]) {
  await must(['dmsetup', 'create', 'on-top', '--table', `0 2048 linear ${plain} 0`])
  const mount = await world.mount(mounted)
  await writeFile(FILE, withOnePartition(Buffer.alloc(8 * 1024 * 1024)))
  await must(['modprobe', 'loop'])
  const loop = (await must(['losetup', '-P', '-f', '--show', FILE])).trim()
  return {
    mountPoint: mount.mountPoint,
    loop,
    [Symbol.asyncDispose]: async () => {
      await must(['losetup', '-d', loop])
      await mount.unmount()
      await must(['dmsetup', 'remove', '--retry', 'on-top'])
    },
  }
}

/** A DOS partition table, which the kernel reads by itself. Not every distribution's util-linux has a program that creates one. */
function withOnePartition(disk: Buffer): Buffer {
  const [entry, linux] = [446, 0x83]
  disk.writeUInt8(linux, entry + 4)
  disk.writeUInt32LE(2048, entry + 8) // its first sector
  disk.writeUInt32LE(4096, entry + 12) // sectors
  disk.writeUInt16LE(0xaa55, 510)
  return disk
}

/** multipathd may need more than half a second while it makes and removes the maps of the storm. */
async function withChecks(attacher: Attacher): Promise<BlockTopology> {
  for (let left = 20; ; left--) {
    const whole = await attacher.enumerate({ ...PATIENCE, askMultipathd: true })
    if (left === 0 || !whole.unseen.some((what) => what.includes('multipathd'))) return whole
  }
}

/** Removes the devices on the maps at the end, also after a failure. */
async function compareInStorm(world: World, attacher: Attacher, attachments: readonly BlockAttachment[]) {
  await using built = await build(
    world,
    attachments.map(({ device }) => device),
  )
  await must(['udevadm', 'settle', '--timeout=60'])

  const gale = storm(attacher)
  let taken = 0
  const queries = (async () => {
    for (; gale.blows(); taken++) await attacher.enumerate(PATIENCE)
  })()
  const maps = attachments.map(({ device }) => device.replace('/dev/', ''))
  const paths = attachments.flatMap((each) => each.paths.map(({ device }) => device.replace('/dev/', '')))
  equal(new Set(paths).size, attachments.length * PORTALS.length, 'disks')
  // Reports all differences, each by its first field.
  const differences: string[] = []
  const compare = async (like: (whole: BlockTopology) => Promise<void>) => {
    const whole = await withChecks(attacher)
    await like(whole).catch((error: unknown) => differences.push(String(error)))
  }
  const loop = last(built.loop)
  await compare((whole) => likeSysfs(whole, [...paths, ...maps]))
  await compare((whole) => likeLsblk(whole, [...paths, ...maps, loop, `${loop}p1`]))
  await compare(likeIscsiadm)
  await compare((whole) => likeDmsetup(whole, maps))
  await compare((whole) => likeMultipath(whole, maps))
  await queries
  const rounds = await gale.end()
  const whole = await attacher.enumerate(PATIENCE)
  return { whole, differences, rounds, taken, mountPoint: built.mountPoint, loop, maps, paths }
}

async function compareAll(world: World, story: Story, volumes: readonly number[]): Promise<void> {
  await world.multipathd('running')
  for (const lun of volumes) await world.volume(`volume-${lun}`, { content: lun === 2 ? 'ext4' : 'blank', sizeMb: 16 })
  for (const lun of IN_STORM) await world.volume(`other-${lun}`, { sizeMb: 16 })
  await world.target({ iqn: IQN, portals: PORTALS, luns: Object.fromEntries(volumes.map((lun) => [lun, `volume-${lun}`])) })
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: Object.fromEntries(IN_STORM.map((lun) => [lun, `other-${lun}`])) })
  await using attacher = await world.attacher()
  const ask = (lun: number) => request(`v${lun}`, { portals: PORTALS, lun, policy: { multipath: 'require', paths: { min: 'all' } } })
  const attachments = await Promise.all(volumes.map((lun) => attacher.attach(ask(lun), PATIENCE)))
  const { whole, differences, rounds, taken, mountPoint, loop, maps, paths } = await compareInStorm(world, attacher, attachments)
  equal(differences, [], 'differences')
  truthy(rounds >= ROUNDS, `other volumes that came and went: ${rounds}`)
  truthy(taken > 10, `queries beside the storm: ${taken}`)

  const device = (name: string) => whole.devices.find((each) => each.name === name)
  const onTop = whole.devices.find(({ dmName }) => dmName === 'on-top')
  equal([onTop?.slaves, device(maps[0] ?? '')?.holders], [[maps[0]], [onTop?.name]], 'what stands on the first map')
  equal(device(maps[1] ?? '')?.mounts, [{ where: mountPoint, fsType: 'ext4', readOnly: false }], 'where the second is mounted')
  equal(device(loop)?.partitions, [`${loop}p1`], 'partitions of the loop device')
  equal([device(`${loop}p1`)?.disk, device(`${loop}p1`)?.partition, device(loop)?.backingFile], [loop, 1, FILE], 'the partition')
  equal(device(maps[4] ?? '')?.attachments, [{ id: 'v5', owner: 'default', state: 'attached' }], 'whose the fifth map is')
  equal(device(paths[0] ?? '')?.attachments, [{ id: 'v1', owner: 'default', state: 'attached' }], 'whose a path is')
  equal(whole.unseen, [], 'what could not be looked at')
  const reports = await Promise.all(attachments.map(({ id }) => attacher.detach(id, PATIENCE)))
  story.note('detached', [...new Set(reports.map(({ outcome }) => outcome))])
  await expectClean(world, 'after the detaches')
}

const last = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function compared(name: string, maps: number, more: Pick<Scenario, 'timeoutMs' | 'long'>): Scenario {
  const volumes = Array.from({ length: maps }, (_, index) => index + 1)
  return {
    name,
    title: `${maps * PORTALS.length} disks of ${maps} maps beside a storm: enumerate() says what sysfs, lsblk, iscsiadm, dmsetup and multipath say, field by field`,
    only: 'real',
    ...more,
    run: (world, story) => compareAll(world, story, volumes),
  }
}
export const topology = compared('topology', 5, { timeoutMs: 300_000 })
export const topologyLong = compared('topology-long', 16, { timeoutMs: 540_000, long: true })
