import { IQN, PORTAL, serveOne } from '../lab/expect.js'
import type { FakeWorld } from '../lab/fake-world.js'
import { describeConnector } from './conformance.js'

const finder = { username: 'finder', secret: 'discovery-secret' }
const found = (lun: number) => ({ protocol: 'iscsi', targets: [{ iqn: IQN, lun }], discovery: { portal: PORTAL, auth: finder } }) as const
const loseDisk = async (world: FakeWorld) => {
  const name = world.host.names('/sys/block').find((each) => each.startsWith('sd')) ?? ''
  const directory = (world.host.real(`/sys/class/block/${name}`) ?? '').replace(/\/block\/.*$/, '')
  const request = { directory, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
  await world.host.process().kernel.write(request, new AbortController().signal)
}
const target = (lun: number) => ({ protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun }] }) as const

describeConnector({
  protocol: 'iscsi',
  steps: ['admit', 'journal', 'probe', 'login', 'scan', 'find', 'verify', 'wait-ready', 'commit'],
  disks: 1,
  prepare: async (world) => {
    await serveOne(world, { content: 'ext4' })
    return { data: target(1), other: target(2) }
  },
  lose: loseDisk,
})

describeConnector({
  protocol: 'iscsi, by a discovery with CHAP',
  steps: ['admit', 'journal', 'discover-portals', 'probe', 'login', 'scan', 'find', 'verify', 'wait-ready', 'commit'],
  disks: 1,
  prepare: async (world) => {
    await serveOne(world, { content: 'ext4' })
    await world.discoveryChap(finder)
    return { data: found(1), other: found(2) }
  },
  lose: loseDisk,
})

describeConnector({
  protocol: 'local',
  steps: ['admit', 'journal', 'find', 'verify', 'wait-ready', 'commit'],
  disks: 0,
  prepare: async (world) => {
    await world.volume('data', { content: 'ext4' })
    await world.volume('other')
    world.host.localDisk('vdb', 'data')
    world.host.localDisk('vdc', 'other')
    // udev has described them when the machine started.
    for (const device of ['254:16', '254:32']) world.host.put(`/run/udev/data/b${device}`, 'I:1000')
    return { data: { protocol: 'local', path: '/dev/vdb' }, other: { protocol: 'local', path: '/dev/vdc' } }
  },
  lose: (world) => {
    world.host.take(world.host.real('/sys/class/block/vdb') ?? '')
    return Promise.resolve()
  },
})
