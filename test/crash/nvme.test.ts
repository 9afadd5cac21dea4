import { createNvmeWorld } from '../fake/nvme/leftovers-world.js'
import { NQN, PORTALS as NVME_PORTALS, requestOf as nvmeRequest } from '../fake/nvme/world.js'
import type { FakeWorld } from '../world/fake/world.js'
import { enumerateCrashes } from './declare.js'

/** The kernel combines the paths. */
const nvme = {
  createWorld: createNvmeWorld,
  prepare: async (world: FakeWorld) => {
    await world.volume('data', { content: 'ext4' })
    world.host.storage.nvme.subsystem({ nqn: NQN, portals: NVME_PORTALS, namespaces: { 1: 'data' } })
  },
} as const

enumerateCrashes({
  'NVMe, one path': {
    ...nvme,
    options: {},
    request: nvmeRequest('one', { portals: [NVME_PORTALS[0]] }),
  },
  'NVMe, two paths': {
    ...nvme,
    options: {},
    request: nvmeRequest('one'),
    secondPath: (world, isUp) => world.portal(NVME_PORTALS[1], isUp ? 'open' : 'refuse'),
  },
})
