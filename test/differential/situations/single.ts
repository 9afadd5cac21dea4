/** Situations with a single path. */
import { IQN, PORTAL, SECOND_PORTAL } from '../../world/expect.js'
import { lists, onePortal, single } from '../connections.js'
import type { Situation } from '../situation.js'

/** LUN 300 in flat space addressing. */
const FLAT_300 = 16684
const ADDRESSING = 'This version of os-brick does not know addressing_mode and takes LUN 300 as it is: that is another volume.'

const singlePath: Situation = {
  name: 'single-path',
  title: 'one portal',
  setUp: onePortal,
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.disconnect('detach', single(), info)
  },
}
const twice: Situation = {
  name: 'attached-twice',
  title: 'attached twice, detached once, and once more',
  setUp: onePortal,
  play: async (player) => {
    await player.connect('attach', single())
    const info = await player.connect('attach again', single())
    await player.disconnect('detach', single(), info)
    await player.disconnect('detach again', single(), info)
  },
}
const neverAttached: Situation = {
  name: 'never-attached',
  title: 'detach of what was never attached, with and without force',
  setUp: onePortal,
  play: async (player) => {
    await player.disconnect('detach', single(), null)
    await player.disconnect('detach with force', single(), null, { force: true })
  },
}
const withoutDeviceInfo: Situation = {
  name: 'without-device-info',
  title: 'detach by a caller that has lost the device info',
  setUp: onePortal,
  play: async (player) => {
    await player.connect('attach', single())
    await player.disconnect('detach', single(), null)
  },
}
const secondPortal: Situation = {
  name: 'second-portal',
  title: 'two portals for a single path, of which the first refuses connections',
  setUp: async (world) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
    await world.portal(PORTAL, 'refuse')
  },
  play: async (player) => {
    const data = lists([PORTAL, SECOND_PORTAL])
    const info = await player.connect('attach', data)
    await player.disconnect('detach', data, info)
  },
}
const deadPortal: Situation = {
  name: 'dead-portal',
  title: 'the only portal is dead',
  setUp: async (world) => {
    await onePortal(world)
    await world.portal(PORTAL, 'drop')
  },
  play: async (player) => {
    await player.connect('attach', single())
    await player.disconnect('detach', single(), null)
  },
}
const missingLun: Situation = {
  name: 'missing-lun',
  title: 'the target does not show the LUN',
  setUp: onePortal,
  play: async (player) => {
    await player.connect('attach', single({ target_lun: 2 }))
  },
}
const noSuchTarget: Situation = {
  name: 'no-such-target',
  title: 'the portal does not have the target',
  setUp: onePortal,
  play: async (player) => {
    await player.connect('attach', single({ target_iqn: 'iqn.2024-01.org.example:nobody' }))
  },
}
const sharedSession: Situation = {
  name: 'shared-session',
  title: 'two volumes of one target: the session stays for the second',
  setUp: async (world) => {
    await world.volume('data')
    await world.volume('more')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'more' } })
  },
  play: async (player) => {
    const [one, two] = [single(), single({ volume_id: 'vol-2', target_lun: 2 })]
    const first = await player.connect('attach the first', one)
    const second = await player.connect('attach the second', two)
    await player.disconnect('detach the first', one, first)
    await player.disconnect('detach the second', two, second)
  },
}
const missingNeighbour: Situation = {
  name: 'missing-neighbour',
  title: 'a LUN that is missing, on a session that another volume uses',
  setUp: onePortal,
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.connect('attach what is missing', single({ volume_id: 'vol-2', target_lun: 2 }))
    await player.disconnect('detach', single(), info)
  },
}
const readOnly: Situation = {
  name: 'read-only',
  title: 'a write-protected volume, access_mode ro',
  setUp: async (world) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, readOnly: true })
  },
  play: async (player) => {
    const data = single({ access_mode: 'ro' })
    const info = await player.connect('attach', data)
    await player.disconnect('detach', data, info)
  },
}
const largeLun: Situation = {
  name: 'large-lun',
  title: 'LUN 300, as it is and in flat space addressing',
  setUp: async (world) => {
    await world.volume('plain')
    await world.volume('flat')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 300: 'plain', [FLAT_300]: 'flat' } })
  },
  play: async (player) => {
    for (const mode of ['SAM', 'SAM2', 'SAM3-flat']) {
      const data = single({ volume_id: mode, target_lun: 300, addressing_mode: mode })
      const info = await player.connect(`attach ${mode}`, data)
      await player.disconnect(`detach ${mode}`, data, info)
    }
  },
  differs: {
    'attach SAM2': ADDRESSING,
    'host after attach SAM2': ADDRESSING,
    'attach SAM3-flat': ADDRESSING,
    'host after attach SAM3-flat': ADDRESSING,
  },
}
const growth: Situation = {
  name: 'extend',
  title: 'the volume grows',
  setUp: onePortal,
  play: async (player) => {
    const info = await player.connect('attach', single())
    await player.world.resizeVolume('data', 96)
    await player.extend('extend', single())
    await player.disconnect('detach', single(), info)
  },
}
const ipv6: Situation = {
  name: 'ipv6',
  title: 'an IPv6 portal, in a long spelling',
  setUp: async (world) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: ['[fd99::1]:3260'], luns: { 1: 'data' } })
  },
  play: async (player) => {
    const data = single({ target_portal: '[fd99:0:0:0:0:0:0:1]:3260' })
    const info = await player.connect('attach', data)
    await player.disconnect('detach', data, info)
  },
  differs: {
    'host after attach': 'The same portal: Brickwork writes addresses in their short form, so that no spelling makes a second session.',
  },
}

/** In the order of play and report. */
export const situations: readonly Situation[] = [
  singlePath,
  twice,
  neverAttached,
  withoutDeviceInfo,
  secondPortal,
  deadPortal,
  missingLun,
  sharedSession,
  readOnly,
  largeLun,
  growth,
  ipv6,
  noSuchTarget,
  missingNeighbour,
]
