import { connectionTo, LEFT, onlyA, RIGHT, SCANNED_MS, serve } from '../fake/fc/world.js'
import type { FakeWorld } from '../world/fake/world.js'
import { enumerateCrashes } from './declare.js'

/** The kernel has logged the ports in, and has found the disks. */
const fibreChannel = {
  disksAppear: true,
  prepare: async (world: FakeWorld) => {
    for (const name of ['data', 'other']) await world.volume(name, { content: 'ext4' })
    serve(world)
    await world.sleep(SCANNED_MS)
  },
} as const
const ports = { fcPorts: [LEFT, RIGHT] } as const

enumerateCrashes({
  'Fibre Channel, one path that the attach scans': {
    ...fibreChannel,
    options: { ...ports, scsiScan: 'manual' },
    request: { id: 'one', connection: connectionTo(onlyA), policy: { multipath: 'never' } },
  },
  'Fibre Channel, one path that the kernel has scanned': {
    ...fibreChannel,
    options: ports,
    request: { id: 'one', connection: connectionTo(onlyA), policy: { multipath: 'never' } },
  },
  'Fibre Channel, a map of two paths': {
    ...fibreChannel,
    options: { ...ports, multipathd: 'running' },
    request: { id: 'one', connection: connectionTo(), policy: { multipath: 'require' } },
    secondPath: (world, isUp) => {
      world.host.fc.setLossTimes(RIGHT, { fastIoFailSec: 1 })
      world.host.fc.setLink(RIGHT, isUp)
      return Promise.resolve()
    },
  },
})
