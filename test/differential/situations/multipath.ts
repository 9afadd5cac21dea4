/** Situations with several portals and multipathd. */
import { IQN, PORTAL } from '../../world/expect.js'
import { PORTALS } from '../../world/four.js'
import type { World } from '../../world/world.js'
import { fourPortals, lists, MULTIPATH, twoNames, twoTargets } from '../connections.js'
import type { Player } from '../player.js'
import type { Situation } from '../situation.js'

const set = async (world: World, portals: readonly string[], state: 'open' | 'drop' | 'refuse') => {
  for (const portal of portals) await world.portal(portal, state)
}
const NO_RECORD = 'A portal that cannot be reached gets no node record: it is tried by a TCP connect before one is written.'
const ONE_PATH = 'Without multipathd only one path is used: the others would be disks of the same volume that nothing ties together.'
const ENFORCED =
  'This version of os-brick enforces it in get_connector_properties, which its callers ask before; Brickwork has no such call and refuses here.'
const WRONG_VOLUME =
  'Nothing says which of two volumes is meant, and the wrong one would be written to: all paths must show one identity (`expected` says which).'

/** Four portals, some of them in another state from the beginning. */
const portalsIn = (state: 'drop' | 'refuse', portals: readonly string[]) => async (world: World) => {
  await fourPortals(world)
  await set(world, portals, state)
}
const comeAndGo = async (player: Player) => {
  const info = await player.connect('attach', lists(), MULTIPATH)
  await player.disconnect('detach', lists(), info, MULTIPATH)
}

const fourPaths: Situation = {
  name: 'four-paths',
  title: 'four portals',
  setUp: (world) => fourPortals(world),
  play: comeAndGo,
}
const friendlyNames: Situation = {
  name: 'friendly-names',
  title: 'four portals, user_friendly_names yes',
  setUp: (world) => fourPortals(world, { userFriendlyNames: true }),
  play: comeAndGo,
}
const oneDead: Situation = {
  name: 'one-dead',
  title: 'four portals, one of them dead',
  setUp: portalsIn('drop', PORTALS.slice(3)),
  play: comeAndGo,
  differs: {
    'host after attach': NO_RECORD,
  },
}
const oneRefuses: Situation = {
  name: 'one-refuses',
  title: 'four portals, one of them refuses connections',
  setUp: portalsIn('refuse', PORTALS.slice(0, 1)),
  play: comeAndGo,
  differs: {
    'host after attach': NO_RECORD,
  },
}
const threeDead: Situation = {
  name: 'three-dead',
  title: 'four portals, three of them dead',
  setUp: portalsIn('drop', PORTALS.slice(1)),
  play: comeAndGo,
  differs: {
    'host after attach': NO_RECORD,
  },
}
const allRefuse: Situation = {
  name: 'all-refuse',
  title: 'four portals, all of which refuse connections',
  setUp: portalsIn('refuse', PORTALS),
  play: async (player) => {
    await player.connect('attach', lists(), MULTIPATH)
  },
}
const allDead: Situation = {
  name: 'all-dead',
  title: 'four portals, all of them dead',
  setUp: portalsIn('drop', PORTALS),
  play: async (player) => {
    await player.connect('attach', lists(), MULTIPATH)
  },
}
const twiceMultipath: Situation = {
  name: 'map-attached-twice',
  title: 'four portals, attached twice, detached once',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    await player.connect('attach', lists(), MULTIPATH)
    const info = await player.connect('attach again', lists(), MULTIPATH)
    await player.disconnect('detach', lists(), info, MULTIPATH)
  },
}
const sharedSessions: Situation = {
  name: 'shared-sessions',
  title: 'two volumes over the same four sessions',
  setUp: async (world) => {
    await fourPortals(world)
    await world.volume('more')
    await world.mapLun(IQN, 2, 'more')
  },
  play: async (player) => {
    const [one, two] = [lists(), lists(PORTALS, { volume_id: 'vol-2', target_lun: 2, target_luns: PORTALS.map(() => 2) })]
    const first = await player.connect('attach the first', one, MULTIPATH)
    const second = await player.connect('attach the second', two, MULTIPATH)
    await player.disconnect('detach the first', one, first, MULTIPATH)
    await player.disconnect('detach the second', two, second, MULTIPATH)
  },
}
const oneNameAPortal: Situation = {
  name: 'name-a-portal',
  title: 'two portals, each with a target of its own and another LUN',
  setUp: (world) => twoNames(world, { 7: 'data' }),
  play: async (player) => {
    const info = await player.connect('attach', twoTargets([1, 7]), MULTIPATH)
    await player.disconnect('detach', twoTargets([1, 7]), info, MULTIPATH)
  },
}
const lunMissingOnOnePath: Situation = {
  name: 'lun-missing-on-a-path',
  title: 'two portals with a target each, of which one does not show the LUN',
  setUp: (world) => twoNames(world, {}),
  play: async (player) => {
    const info = await player.connect('attach', twoTargets(), MULTIPATH)
    await player.disconnect('detach', twoTargets(), info, MULTIPATH)
  },
  differs: {
    'host after attach': 'A path that gives no disk is taken away again: a session that nobody uses would only be one more to lose.',
  },
}
const otherVolumeOnOnePath: Situation = {
  name: 'other-volume-on-a-path',
  title: 'two portals with a target each, of which one has another volume there',
  setUp: async (world) => {
    await world.volume('wrong')
    await twoNames(world, { 1: 'wrong' })
  },
  play: async (player) => {
    const info = await player.connect('attach', twoTargets(), MULTIPATH)
    await player.disconnect('detach', twoTargets(), info, MULTIPATH)
  },
  differs: {
    attach: WRONG_VOLUME,
    'host after attach': WRONG_VOLUME,
  },
}
const missingEverywhere: Situation = {
  name: 'missing-lun-everywhere',
  title: 'four portals, none of which shows the LUN',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    await player.connect('attach', lists(PORTALS, { target_luns: [2, 2, 2, 2] }), MULTIPATH)
  },
}
const largeLuns: Situation = {
  name: 'large-lun-map',
  title: 'LUN 300 over two portals',
  setUp: async (world) => {
    await world.multipathd('running')
    await world.volume('data')
    await world.target({ iqn: IQN, portals: PORTALS.slice(0, 2), luns: { 300: 'data' } })
  },
  play: async (player) => {
    const data = lists(PORTALS.slice(0, 2), { target_lun: 300, target_luns: [300, 300] })
    const info = await player.connect('attach', data, MULTIPATH)
    await player.disconnect('detach', data, info, MULTIPATH)
  },
}
const extendMap: Situation = {
  name: 'extend-map',
  title: 'the volume grows, over four paths',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    const info = await player.connect('attach', lists(), MULTIPATH)
    await player.world.resizeVolume('data', 96)
    await player.extend('extend', lists(), MULTIPATH)
    await player.disconnect('detach', lists(), info, MULTIPATH)
  },
}
const onePortalMap: Situation = {
  name: 'map-of-one',
  title: 'multipath over one portal',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    const info = await player.connect('attach', lists([PORTAL]), MULTIPATH)
    await player.disconnect('detach', lists([PORTAL]), info, MULTIPATH)
  },
}
const noMultipathd: Situation = {
  name: 'no-multipathd',
  title: 'multipath wanted and not enforced, where no multipathd runs',
  setUp: async (world) => {
    await fourPortals(world)
    await world.multipathd('stopped')
  },
  play: comeAndGo,
  differs: {
    'host after attach': ONE_PATH,
  },
}
const enforced: Situation = {
  name: 'no-multipathd-enforced',
  title: 'enforce_multipath, where no multipathd runs',
  setUp: async (world) => {
    await fourPortals(world)
    await world.multipathd('stopped')
  },
  play: async (player) => {
    await player.connect('attach', lists(PORTALS, { enforce_multipath: true }), MULTIPATH)
  },
  differs: {
    attach: ENFORCED,
    'host after attach': ENFORCED,
  },
}

/** In the order of play and report. */
export const situations: readonly Situation[] = [
  fourPaths,
  oneDead,
  oneRefuses,
  allRefuse,
  sharedSessions,
  oneNameAPortal,
  lunMissingOnOnePath,
  otherVolumeOnOnePath,
  extendMap,
  noMultipathd,
  enforced,
  friendlyNames,
  threeDead,
  allDead,
  twiceMultipath,
  missingEverywhere,
  largeLuns,
  onePortalMap,
]
