/** Portals that the host must discover by itself, and CHAP. */
import { IQN, PORTAL } from '../../world/expect.js'
import { OTHER, PORTALS } from '../../world/four.js'
import { fourPortals, lists, MULTIPATH, onePortal, single } from '../connections.js'
import type { Situation } from '../situation.js'

const CHAP = { username: 'someone', secret: 'correct-horse-battery' }
const MUTUAL = { ...CHAP, target: { username: 'array', secret: 'secret-of-the-array' } }
const AUTH = { auth_method: 'CHAP', auth_username: CHAP.username, auth_password: CHAP.secret }
const NO_DATABASE = 'Brickwork asks without writing into the discovery database; nothing of a discovery stays.'
const OTHER_TARGETS = 'Of other targets that the portal shows no node record is made, and nothing stays in the discovery database.'
const FINDER = { username: 'finder', secret: 'looking-for-portals' }

const discovered: Situation = {
  name: 'discovered',
  title: 'multipath with the single form: the host asks for the other portals',
  setUp: (world) => fourPortals(world),
  play: async (player) => {
    const data = single({ target_discovered: true })
    const info = await player.connect('attach', data, MULTIPATH)
    await player.disconnect('detach', data, info, MULTIPATH)
  },
  differs: {
    'host after attach': NO_DATABASE,
    'host after detach': NO_DATABASE,
  },
}
const discoveryChap: Situation = {
  name: 'discovery-chap',
  title: 'discovery by CHAP',
  setUp: async (world) => {
    await fourPortals(world)
    await world.discoveryChap(FINDER)
  },
  play: async (player) => {
    const auth = {
      discovery_auth_method: 'CHAP',
      discovery_auth_username: FINDER.username,
      discovery_auth_password: FINDER.secret,
    }
    const info = await player.connect('attach', single(auth), MULTIPATH)
    await player.disconnect('detach', single(auth), info, MULTIPATH)
  },
  differs: {
    'host after attach': NO_DATABASE,
    'host after detach': NO_DATABASE,
  },
}
const discoveryDead: Situation = {
  name: 'discovery-refused',
  title: 'the portal that is to be asked refuses connections, the others do not',
  setUp: async (world) => {
    await fourPortals(world)
    await world.portal(PORTAL, 'refuse')
  },
  play: async (player) => {
    await player.connect('attach', single(), MULTIPATH)
  },
  differs: {
    'host after attach': NO_DATABASE,
  },
}
const severalTargets: Situation = {
  name: 'discovered-among-others',
  title: 'discovery at a portal that has another target too, with another volume',
  setUp: async (world) => {
    await fourPortals(world)
    await world.volume('other')
    await world.target({ iqn: OTHER, portals: PORTALS.slice(0, 1), luns: { 1: 'other' } })
  },
  play: async (player) => {
    const info = await player.connect('attach', single(), MULTIPATH)
    await player.disconnect('detach', single(), info, MULTIPATH)
  },
  differs: {
    'host after attach': OTHER_TARGETS,
    'host after detach': OTHER_TARGETS,
  },
}
const chap: Situation = {
  name: 'chap',
  title: 'CHAP',
  setUp: async (world) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, chap: CHAP })
  },
  play: async (player) => {
    const info = await player.connect('attach', single(AUTH))
    await player.disconnect('detach', single(AUTH), info)
  },
}
const wrongSecret: Situation = {
  name: 'chap-wrong',
  title: 'CHAP with a wrong password, then with the right one',
  setUp: async (world) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, chap: CHAP })
  },
  play: async (player) => {
    await player.connect('attach with a wrong password', single({ ...AUTH, auth_password: 'something-else-entirely' }))
    const info = await player.connect('attach', single(AUTH))
    await player.disconnect('detach', single(AUTH), info)
  },
}
const noSecret: Situation = {
  name: 'chap-missing',
  title: 'a target that wants CHAP, and a connection without it',
  setUp: async (world) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, chap: CHAP })
  },
  play: async (player) => {
    await player.connect('attach', single())
  },
}
const mutualChap: Situation = {
  name: 'chap-mutual',
  title: 'CHAP over four paths, at a target that could prove itself too',
  setUp: async (world) => {
    await world.multipathd('running')
    await world.volume('data')
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' }, chap: MUTUAL })
  },
  play: async (player) => {
    const info = await player.connect('attach', lists(PORTALS, AUTH), MULTIPATH)
    await player.disconnect('detach', lists(PORTALS, AUTH), info, MULTIPATH)
  },
}
const unneededChap: Situation = {
  name: 'chap-unneeded',
  title: 'CHAP credentials for a target that does not ask for any',
  setUp: onePortal,
  play: async (player) => {
    const info = await player.connect('attach', single(AUTH))
    await player.disconnect('detach', single(AUTH), info)
  },
}

/** In the order of play and report. */
export const situations: readonly Situation[] = [
  discovered,
  discoveryChap,
  discoveryDead,
  severalTargets,
  chap,
  wrongSecret,
  mutualChap,
  noSecret,
  unneededChap,
]
