/** Runs the conformance suite with each connector, and checks the table of the results. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Connection } from '../../lib/index.js'
import { namespaceUuid } from '../../lib/testing/nvme/targets.js'
import { toyConnection } from './toy-transport/connection.js'
import { KERNEL_SCAN_MS, TARGET } from './toy-transport/machine.js'
import { createToyWorld, type ToyWorld } from './toy-world.js'
import { IQN, PORTAL, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { A, B, connectionTo, LEFT, LUN, RIGHT, SCANNED_MS, serve } from './fc/world.js'
import { createNvmeWorld } from './nvme/leftovers-world.js'
import { clausesAboutPaths, clausesAboutScsiNodes } from './conformance/about-paths.js'
import { conformanceTable, excusedParts, unknownExcuses } from './conformance/clauses.js'
import { REASONS, type Subject, type SubjectPaths } from './conformance/subject.js'
import { describeConnector } from './conformance/suite.js'

const DOCUMENT = join(import.meta.dirname, '../../docs/evidence/conformance.md')

const finder = { username: 'finder', secret: 'discovery-secret' }
const found = (lun: number) => ({ protocol: 'iscsi', targets: [{ iqn: IQN, lun }], discovery: { portal: PORTAL, auth: finder } }) as const
const loseDisk = async (world: FakeWorld) => {
  const name = world.host.names('/sys/block').find((each) => each.startsWith('sd')) ?? ''
  const directory = (world.host.real(`/sys/class/block/${name}`) ?? '').replace(/\/block\/.*$/, '')
  const request = { directory, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
  await world.host.process().kernel.write(request, new AbortController().signal)
}
/** udev has described the local disks since the start of the machine. */
const describeLocalDisks = (world: FakeWorld) => {
  for (const device of ['254:16', '254:32']) world.host.put(`/run/udev/data/b${device}`, 'I:1000')
}
const target = (lun: number, ...portals: readonly string[]) =>
  ({ protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn: IQN, lun })) }) as const
const iscsiPaths: SubjectPaths<FakeWorld> = {
  labels: [PORTAL, SECOND_PORTAL],
  connection: target(1, PORTAL, SECOND_PORTAL),
  setUp: (world, portal, up) => world.portal(portal, up ? 'open' : 'refuse'),
}
const serveIscsi = async (world: FakeWorld) => {
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
}
/** A subsystem for each volume. */
const nvmeSubsystems = ['data', 'other'].map((volume, index) => ({
  nqn: `nqn.2014-08.org.example:${volume}`,
  portals: [`10.99.${index + 1}.1:4420`],
  namespaces: { 1: volume },
}))
const namespace = (volume: string): Connection => {
  const { nqn, portals } = nvmeSubsystems.find(({ namespaces }) => namespaces[1] === volume) ?? { nqn: '', portals: [] }
  return { protocol: 'nvme', nqn, portals: portals.map((portal) => `tcp://${portal}`), namespace: { uuid: namespaceUuid(volume) } }
}
const toy = (lun: number, ...ports: readonly string[]) => toyConnection({ target: TARGET, ports, lun })

const subjects: readonly Subject[] = [
  {
    name: 'iscsi',
    createWorld: createFakeWorld,
    steps: ['admit', 'journal', 'probe', 'login', 'scan', 'find', 'verify', 'wait-ready', 'commit'],
    creates: { sessions: 1, records: 1, disks: 1 },
    disksAppear: false,
    prepare: async (world) => {
      await serveIscsi(world)
      return { data: target(1, PORTAL), other: target(2, PORTAL) }
    },
    lose: loseDisk,
    paths: iscsiPaths,
    notApplicable: {},
  },
  {
    name: 'iscsi, by a discovery with CHAP',
    createWorld: createFakeWorld,
    steps: ['admit', 'journal', 'discover-portals', 'probe', 'login', 'scan', 'find', 'verify', 'wait-ready', 'commit'],
    creates: { sessions: 1, records: 1, disks: 1 },
    disksAppear: false,
    prepare: async (world) => {
      await serveIscsi(world)
      await world.discoveryChap(finder)
      return { data: found(1), other: found(2) }
    },
    lose: loseDisk,
    paths: { ...iscsiPaths, connection: found(1) },
    notApplicable: {},
  },
  {
    name: 'toy',
    createWorld: createToyWorld,
    steps: ['admit', 'journal', 'scan', 'find', 'verify', 'wait-ready', 'commit'],
    creates: { sessions: 0, records: 0, disks: 1 },
    disksAppear: true,
    prepare: async (world: ToyWorld) => {
      for (const name of ['data', 'other']) await world.volume(name, { content: 'ext4' })
      world.toy.map(1, 'data')
      world.toy.map(2, 'other')
      await world.sleep(3 * KERNEL_SCAN_MS)
      return { data: toy(1, 'left'), other: toy(2, 'left') }
    },
    lose: loseDisk,
    paths: {
      labels: ['left', 'right'],
      connection: toy(1, 'left', 'right'),
      setUp: (world, port, up) => {
        world.toy.plug(port, up)
        return Promise.resolve()
      },
    },
    notApplicable: {},
  } satisfies Subject<ToyWorld>,
  {
    name: 'nvme',
    createWorld: createNvmeWorld,
    steps: ['admit', 'journal', 'probe', 'connect', 'find', 'verify', 'wait-ready', 'commit'],
    creates: { sessions: 1, records: 0, disks: 1 },
    disksAppear: false,
    prepare: async (world) => {
      await world.volume('data', { content: 'ext4' })
      await world.volume('other')
      for (const { nqn, portals, namespaces } of nvmeSubsystems) world.host.storage.nvme.subsystem({ nqn, portals, namespaces })
      return { data: namespace('data'), other: namespace('other') }
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
    notApplicable: { 'kernel-paths': clausesAboutPaths, 'no-scsi-disk': clausesAboutScsiNodes },
  },
  {
    name: 'fibre-channel',
    createWorld: (options) => createFakeWorld({ fcPorts: [LEFT, RIGHT], ...options }),
    steps: ['admit', 'journal', 'scan', 'find', 'verify', 'wait-ready', 'commit'],
    creates: { sessions: 0, records: 0, disks: 1 },
    disksAppear: true,
    prepare: async (world) => {
      for (const name of ['data', 'other']) await world.volume(name, { content: 'ext4' })
      serve(world)
      await world.sleep(SCANNED_MS)
      const at = (lun: number) => connectionTo({ targets: [{ wwpn: A, lun }] })
      return { data: at(LUN), other: at(LUN + 1) }
    },
    lose: loseDisk,
    paths: {
      labels: [`${LEFT}→${A}`, `${RIGHT}→${B}`],
      connection: connectionTo(),
      setUp: (world, label, up) => {
        // As multipathd sets it for the ports of its maps.
        world.host.fc.setLossTimes(label.split('→')[0] ?? '', { fastIoFailSec: 5 })
        world.host.fc.setLink(label.split('→')[0] ?? '', up)
        return Promise.resolve()
      },
    },
    notApplicable: {},
  },
  {
    name: 'local',
    createWorld: createFakeWorld,
    steps: ['admit', 'journal', 'find', 'verify', 'wait-ready', 'commit'],
    creates: { sessions: 0, records: 0, disks: 0 },
    disksAppear: false,
    prepare: async (world) => {
      await world.volume('data', { content: 'ext4' })
      await world.volume('other')
      world.host.localDisk('vdb', 'data')
      world.host.localDisk('vdc', 'other')
      describeLocalDisks(world)
      return { data: { protocol: 'local', path: '/dev/vdb' }, other: { protocol: 'local', path: '/dev/vdc' } }
    },
    booted: describeLocalDisks,
    lose: (world) => {
      world.host.take(world.host.real('/sys/class/block/vdb') ?? '')
      return Promise.resolve()
    },
    notApplicable: { 'one-device': clausesAboutPaths, 'no-scsi-disk': clausesAboutScsiNodes, 'size-by-driver': ['a single path grows'] },
  },
]
for (const subject of subjects) describeConnector(subject)

test('a transport excuses itself from at most a tenth of the clauses, and only from clauses that there are', () => {
  expect(unknownExcuses()).toEqual([])
  const parts = excusedParts()
  expect(Object.keys(parts).length).toBeGreaterThan(1)
  for (const [name, part] of Object.entries(parts)) expect(part, name).toBeLessThanOrEqual(0.1)
})
test('docs/evidence/conformance.md has each reason, and the table of what was shown', async () => {
  const text = readFileSync(DOCUMENT, 'utf8')
  for (const [reason, why] of Object.entries(REASONS)) expect(text).toContain(`| \`${reason}\` | ${why} |`)
  const table = /^\| Clause \|.*?(?=\n\n|\n$)/ms.exec(text)?.[0] ?? ''
  expect(table).not.toBe('')
  await expect(text.replace(table, conformanceTable())).toMatchFileSnapshot(DOCUMENT)
})
