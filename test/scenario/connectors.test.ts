import { IQN, PORTAL, serveOne } from '../lab/expect.js'
import { describeConnector } from './conformance.js'

const target = (lun: number) => ({ protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun }] }) as const

describeConnector({
  protocol: 'iscsi',
  steps: ['admit', 'intend', 'probe', 'login', 'scan', 'find', 'prove', 'settle', 'record'],
  disks: 1,
  prepare: async (world) => {
    await serveOne(world, { content: 'ext4' })
    return { data: target(1), other: target(2) }
  },
  lose: async (world) => {
    const name = world.host.names('/sys/block').find((each) => each.startsWith('sd')) ?? ''
    const directory = (world.host.real(`/sys/class/block/${name}`) ?? '').replace(/\/block\/.*$/, '')
    const request = { directory, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
    await world.host.process().kernel.write(request, new AbortController().signal)
  },
})

describeConnector({
  protocol: 'local',
  steps: ['admit', 'intend', 'find', 'prove', 'settle', 'record'],
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
