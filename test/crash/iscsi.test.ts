import { IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { enumerateCrashes } from './declare.js'

const PORTALS = [PORTAL, SECOND_PORTAL]

enumerateCrashes({
  'iscsi, one path': {
    options: {},
    prepare: async (world) => {
      await world.volume('data', { content: 'ext4' })
      await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
    },
    request: request('one'),
  },
  'iscsi, a map of two paths': {
    options: { multipathd: 'running' },
    prepare: async (world) => {
      await world.volume('data', { content: 'ext4' })
      await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
    },
    request: request('one', { portals: PORTALS, policy: { multipath: 'require' } }),
    secondPath: (world, isUp) => world.portal(SECOND_PORTAL, isUp ? 'open' : 'refuse'),
  },
  'iscsi, a map of two paths that is made directly': {
    options: { multipathd: 'running' },
    prepare: async (world) => {
      await world.volume('data', { content: 'ext4' })
      await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
    },
    request: request('one', { portals: PORTALS, policy: { multipath: 'require', assemble: 'direct', ready: 'kernel' } }),
  },
  'a local device': {
    options: {},
    prepare: async (world) => {
      await world.volume('data')
      world.host.localDisk('vdb', 'data')
      world.host.put('/run/udev/data/b254:16', 'I:1000')
    },
    request: { id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } },
  },
})
