/** Situations in which a program uses the volume, a portal dies, or other programs were there before. */
import { IQN, PORTAL } from '../../world/expect.js'
import { eventually, pathsOf, PORTALS } from '../../world/four.js'
import type { World } from '../../world/world.js'
import { fourPortals, lists, MULTIPATH, onePortal, single } from '../connections.js'
import type { DeviceInfo } from '../party.js'
import type { Player } from '../player.js'
import type { Situation } from '../situation.js'

const FORCE = { ...MULTIPATH, force: true, ignoreErrors: true } as const
const OPEN = 'os-brick takes a disk away under the program that has it open; Brickwork does that by force only.'
const UNDER_A_MAP = 'By force os-brick takes the paths away under a mounted map; Brickwork leaves all as it was, by force too.'
const EMPTY_MAP = 'After that os-brick finds no session any more, so the map without a path is left; Brickwork could still detach it.'
const UNFLUSHED =
  'Without a path nothing can be flushed, so nobody knows whether all that was written has arrived: Brickwork takes it away by force only.'
const NOT_OURS =
  'The session and its record were there before, and somebody else made them: os-brick ends both with its last disk, Brickwork leaves them.'
const FOREIGN_RECORD =
  'The record says node.session.scan = auto: a login through it brings in all LUNs. os-brick logs in by it and deletes it in the end; Brickwork changes nothing of others and refuses.'
const STALE =
  'os-brick hands out the old disk under the identity of the former volume; Brickwork asks the disk what it is now, and has the stale one made anew.'
const MOUNTED = 'os-brick takes a disk away under a mounted file system; Brickwork refuses and leaves all as it was.'

/** Without queueing: a mount whose device os-brick removes would otherwise hang for ever. */
const formatted = async (world: World) => {
  await world.multipathd('running', { noPathRetry: 'fail' })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
const device = (info: DeviceInfo | null) => {
  if (info === null) throw new Error('It is not attached')
  return info.path
}
const kill = async (player: Player, portals: readonly string[]) => {
  for (const portal of portals) await player.world.portal(portal, 'drop')
  const alive = PORTALS.length - portals.length
  await eventually(player.world, `${alive} active paths`, async () => (await pathsOf(player.world)) === alive, 120_000)
}
const revive = async (player: Player) => {
  for (const portal of PORTALS) await player.world.portal(portal, 'open')
}

const mounted: Situation = {
  name: 'mounted',
  title: 'detach while it is mounted, then once more when it is not',
  setUp: formatted,
  play: async (player) => {
    const data = lists([PORTAL])
    const info = await player.connect('attach', data)
    const mount = await player.world.mount(device(info))
    await player.disconnect('detach while mounted', data, info)
    await mount.unmount()
    await player.disconnect('detach', data, info)
  },
  differs: { 'detach while mounted': MOUNTED, 'host after detach while mounted': MOUNTED },
}
const mountedMap: Situation = {
  name: 'mounted-map',
  title: 'detach of a map while it is mounted, also with force, then once more when it is not',
  setUp: formatted,
  play: async (player) => {
    const info = await player.connect('attach', lists(), MULTIPATH)
    const mount = await player.world.mount(device(info))
    await player.disconnect('detach while mounted', lists(), info, MULTIPATH)
    await player.disconnect('detach with force while mounted', lists(), info, FORCE)
    await mount.unmount()
    await player.disconnect('detach', lists(), info, MULTIPATH)
  },
  differs: {
    'host after detach with force while mounted': UNDER_A_MAP,
    'host after detach': EMPTY_MAP,
  },
}
const opened: Situation = {
  name: 'open',
  title: 'detach while a program has it open, then with force',
  setUp: onePortal,
  play: async (player) => {
    const info = await player.connect('attach', single())
    const open = await player.world.openRaw(device(info))
    await player.disconnect('detach while open', single(), info)
    await player.disconnect('detach with force while open', single(), info, { force: true })
    await open.close()
    await player.disconnect('detach', single(), info)
  },
  differs: {
    'detach while open': OPEN,
    'host after detach while open': OPEN,
  },
}
const openMap: Situation = {
  name: 'open-map',
  title: 'detach of a map while a program has it open, then when none has',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    const info = await player.connect('attach', lists(), MULTIPATH)
    const open = await player.world.openRaw(device(info))
    await player.disconnect('detach while open', lists(), info, MULTIPATH)
    await open.close()
    await player.disconnect('detach', lists(), info, MULTIPATH)
  },
}
const oneDies: Situation = {
  name: 'one-dies',
  title: 'detach while one of four portals is dead',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    const info = await player.connect('attach', lists(), MULTIPATH)
    await kill(player, PORTALS.slice(3))
    await player.disconnect('detach', lists(), info, MULTIPATH)
  },
}
const allDie: Situation = {
  name: 'all-die',
  title: 'detach while all portals are dead, with force, then when they are back',
  setUp: (world) => fourPortals(world, { noPathRetry: 'fail' }),
  play: async (player) => {
    const info = await player.connect('attach', lists(), MULTIPATH)
    await kill(player, PORTALS)
    await player.disconnect('detach', lists(), info, MULTIPATH)
    await player.disconnect('detach with force', lists(), info, FORCE)
    await revive(player)
    await player.disconnect('detach when they are back', lists(), info, FORCE)
  },
  differs: {
    detach: UNFLUSHED,
    'host after detach': UNFLUSHED,
  },
}
const deadSingle: Situation = {
  name: 'single-dies',
  title: 'detach while the only portal is dead, then with force',
  setUp: onePortal,
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.world.portal(PORTAL, 'drop')
    await player.disconnect('detach', single(), info)
    await player.disconnect('detach with force', single(), info, { force: true, ignoreErrors: true })
    await player.world.portal(PORTAL, 'open')
    await player.disconnect('detach when it is back', single(), info, { force: true, ignoreErrors: true })
  },
  differs: {
    detach: UNFLUSHED,
    'host after detach': UNFLUSHED,
  },
}
const extendWithoutAPath: Situation = {
  name: 'extend-without-a-path',
  title: 'the volume grows while one of four paths is down, then once more when it is back',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    const info = await player.connect('attach', lists(), MULTIPATH)
    await kill(player, PORTALS.slice(3))
    await player.world.resizeVolume('data', 96)
    await player.extend('extend with a path down', lists(), MULTIPATH)
    await revive(player)
    await eventually(player.world, 'four active paths', async () => (await pathsOf(player.world)) === 4, 120_000)
    await player.extend('extend', lists(), MULTIPATH)
    await player.disconnect('detach', lists(), info, MULTIPATH)
  },
}
const foreignSession: Situation = {
  name: 'foreign-session',
  title: 'another program is logged in already',
  others: true,
  setUp: async (world) => {
    await onePortal(world)
    await world.foreignLogin(IQN, PORTAL)
  },
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.disconnect('detach', single(), info)
  },
  differs: {
    'host after detach': NOT_OURS,
  },
}
const foreignRecord: Situation = {
  name: 'foreign-record',
  title: 'another program has a node record of the portal, and is not logged in',
  others: true,
  setUp: async (world) => {
    await onePortal(world)
    await world.foreignRecord(IQN, PORTAL)
  },
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.disconnect('detach', single(), info)
  },
  differs: {
    attach: FOREIGN_RECORD,
    'host after attach': FOREIGN_RECORD,
    'host after detach': FOREIGN_RECORD,
  },
}
const staleDisk: Situation = {
  name: 'stale-disk',
  title: 'a disk of former times at the LUN, which the array has given to another volume since',
  others: true,
  setUp: async (world) => {
    await world.volume('old')
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'old' } })
    await world.foreignLogin(IQN, PORTAL)
    await world.unmapLun(IQN, 1)
    await world.mapLun(IQN, 1, 'data')
  },
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.disconnect('detach', single(), info)
  },
  differs: {
    attach: STALE,
    'host after detach': NOT_OURS,
  },
}

/** In the order of play and report. */
export const situations: readonly Situation[] = [
  mounted,
  mountedMap,
  opened,
  openMap,
  oneDies,
  allDie,
  deadSingle,
  extendWithoutAPath,
  foreignSession,
  foreignRecord,
  staleDisk,
]
