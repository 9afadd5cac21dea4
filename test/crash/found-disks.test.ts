import { createToyWorld, LUN, PORTS, toyRequest, type ToyWorld } from '../fake/toy-world.js'
import { KERNEL_SCAN_MS } from '../fake/toy-transport/machine.js'
import { enumerateCrashes } from './declare.js'

/** The kernel has found the disks, and no program uses them. */
const toy = {
  createWorld: createToyWorld,
  disksAppear: true,
  prepare: async (world: ToyWorld) => {
    await world.volume('data', { content: 'ext4' })
    world.toy.map(LUN, 'data')
    await world.sleep((PORTS.length + 1) * KERNEL_SCAN_MS)
  },
} as const

enumerateCrashes({
  'disks that appear by themselves, one path': { ...toy, options: {}, request: toyRequest('one', { ports: ['left'] }) },
  'disks that appear by themselves, a map of two paths': {
    ...toy,
    options: { multipathd: 'running' },
    request: toyRequest('one', { policy: { multipath: 'require' } }),
  },
})
