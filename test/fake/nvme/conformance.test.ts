/** The conformance suite over NVMe, as far as it is about single devices. The library's table does not have this transport yet. */
import type { Connection } from '../../../lib/index.js'
import { BrickworkAttacher } from '../../../lib/attach/attacher.js'
import { createConnectors } from '../../../lib/connectors/index.js'
import { createNvmeConnector } from '../../../lib/connectors/nvme/index.js'
import { namespaceUuid } from '../../../lib/testing/nvme/targets.js'
import { createFakeWorld, type FakeWorld } from '../../world/fake/world.js'
import type { FakeHostOptions } from '../../../lib/testing/index.js'
import { clausesAboutPaths, clausesAboutScsiNodes } from '../conformance/about-paths.js'
import type { Subject } from '../conformance/subject.js'
import { describeConnector } from '../conformance/suite.js'

const [DATA, OTHER] = [
  { nqn: 'nqn.2014-08.org.example:data', portal: '10.99.1.1:4420', volume: 'data' },
  { nqn: 'nqn.2014-08.org.example:other', portal: '10.99.2.1:4420', volume: 'other' },
]
const connectionTo = ({ nqn, portal, volume }: typeof DATA) =>
  ({ protocol: 'nvme', nqn, portals: [`tcp://${portal}`], namespace: { uuid: namespaceUuid(volume) } }) as unknown as Connection

/** Controllers count as sessions, and heads as disks. */
async function createWorld(options: FakeHostOptions): Promise<FakeWorld> {
  const world = await createFakeWorld({ nvme: '6.1', ...options }, async (given) =>
    BrickworkAttacher.open(given, [...(await createConnectors()), createNvmeConnector()]),
  )
  const leftovers = async () => {
    const { host } = world
    const blocks = host.names('/sys/block')
    return Promise.resolve({
      sessions: host.names('/sys/class/nvme'),
      records: host.names('/sys/class/nvme-subsystem').filter(() => host.names('/sys/class/nvme').length === 0),
      disks: blocks.filter((name) => /^nvme\d+n\d+$/.test(name)),
      maps: blocks.filter((name) => name.startsWith('dm-')).map((name) => host.text(`/sys/block/${name}/dm/name`) ?? name),
    })
  }
  return Object.defineProperty(world, 'leftovers', { value: leftovers })
}

const subject: Subject = {
  name: 'nvme',
  createWorld,
  steps: ['admit', 'journal', 'probe', 'login', 'find', 'verify', 'wait-ready', 'commit'],
  creates: { sessions: 1, records: 0, disks: 1 },
  disksAppear: false,
  prepare: async (world) => {
    await world.volume('data', { content: 'ext4' })
    await world.volume('other')
    for (const { nqn, portal, volume } of [DATA, OTHER])
      world.host.storage.nvme.subsystem({ nqn, portals: [portal], namespaces: { 1: volume } })
    return { data: connectionTo(DATA), other: connectionTo(OTHER) }
  },
  lose: async (world) => {
    const request = {
      directory: '/sys/class/nvme/nvme0',
      guards: [],
      attribute: 'delete_controller',
      value: '1',
      waits: 'unbounded',
    } as const
    await world.host.process().kernel.write(request, new AbortController().signal)
  },
  // The kernel combines the paths of a namespace by itself: there is no map.
  notApplicable: { 'one-device': clausesAboutPaths, 'no-scsi-disk': clausesAboutScsiNodes },
}
describeConnector(subject)
