/** All crash points, enumerated. `npm test` plays them, `npm run check` does not. */
import { describe, expect, test } from 'vitest'
import { IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { createToyWorld, LUN, PORTS, toyRequest, type ToyWorld } from '../fake/toy-world.js'
import { KERNEL_SCAN_MS } from '../fake/toy-transport/machine.js'
import { connectionTo, LEFT, onlyA, RIGHT, SCANNED_MS, serve } from '../fake/fc/world.js'
import { createNvmeWorld } from '../fake/nvme/leftovers-world.js'
import { NQN, PORTALS as NVME_PORTALS, requestOf as nvmeRequest } from '../fake/nvme/world.js'
import type { FakeWorld } from '../world/fake/world.js'
import { crashEverywhere, crashInRecoveryEverywhere, MOMENTS, type Stage, type Verb } from './enumerate.js'

const PORTALS = [PORTAL, SECOND_PORTAL]
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
/** The kernel has logged the ports in, and has found the disks. */
const fibreChannel = {
  disksAppear: true,
  prepare: async (world: FakeWorld) => {
    for (const name of ['data', 'other']) await world.volume(name, { content: 'ext4' })
    serve(world)
    await world.sleep(SCANNED_MS)
  },
} as const
/** The kernel combines the paths. */
const nvme = {
  createWorld: createNvmeWorld,
  prepare: async (world: FakeWorld) => {
    await world.volume('data', { content: 'ext4' })
    world.host.storage.nvme.subsystem({ nqn: NQN, portals: NVME_PORTALS, namespaces: { 1: 'data' } })
  },
} as const
const ports = { fcPorts: [LEFT, RIGHT] } as const
const stages: Readonly<Record<string, Stage>> = {
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
  'disks that appear by themselves, one path': { ...toy, options: {}, request: toyRequest('one', { ports: ['left'] }) },
  'disks that appear by themselves, a map of two paths': {
    ...toy,
    options: { multipathd: 'running' },
    request: toyRequest('one', { policy: { multipath: 'require' } }),
  },
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
  'a local device': {
    options: {},
    prepare: async (world) => {
      await world.volume('data')
      world.host.localDisk('vdb', 'data')
      world.host.put('/run/udev/data/b254:16', 'I:1000')
    },
    request: { id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } },
  },
}

for (const [name, stage] of Object.entries(stages)) {
  describe(name, () => {
    const verbs: readonly Verb[] = stage.secondPath === undefined ? ['attach', 'detach'] : ['attach', 'detach', 'heal']
    for (const verb of verbs) {
      for (const moment of MOMENTS) {
        test(`${verb}: clean, or attached and right, after a death ${moment} each call`, async () => {
          expect(await crashEverywhere(stage, verb, moment)).toBeGreaterThan(10)
        })
        test(`recovery of a ${verb}: the same after a death ${moment} each of its calls`, async () => {
          const { states, calls } = await crashInRecoveryEverywhere(stage, verb, moment)
          expect(states).toBeGreaterThan(1)
          expect(calls).toBeGreaterThan(10)
        })
      }
    }
  })
}
