/** The parts of a world: the machine, the storage around it, and the requests of the agents. The seed determines all of them. */
import type { Connection } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'
import type { Chance } from './chance.js'
import { type Place, StorageSide } from './storage-side.js'
import { hasForeignMaps, hasGuestDisks, hasVolumeGroups, hostOf, multipathdContainer, type Oddity, oddityOf } from './switches.js'

/** A connection that agents use, and the volume that it leads to without faults. */
export interface Way {
  readonly name: string
  readonly connection: Connection
  readonly places: readonly Place[]
  readonly volume: string
}
export interface Layout {
  readonly host: FakeHost
  readonly side: StorageSide
  readonly ways: readonly Way[]
  readonly volumes: readonly string[]
  readonly multipathd: 'running' | 'stopped' | 'absent'
  readonly recordRoot: string
  /** How many events udevd processes at once, and its delay before each. */
  readonly udev: { readonly workers: number; readonly behindMs: number }
  /** Where multipathd runs. */
  readonly container: 'none' | 'host network' | 'own network'
  /** The special behaviour of the network. */
  readonly oddity: Oddity
  /** Volumes with a volume group that LVM activates. */
  readonly volumeGroups: readonly string[]
  /** Additional actions of other programs: see {@link hasForeignMaps} and {@link hasGuestDisks}. */
  readonly others: { readonly maps: boolean; readonly disks: boolean }
  /** Only other programs use it. */
  readonly foreignTarget: { readonly iqn: string; readonly portal: string }
}
const VOLUMES = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'other']
/** Volumes without a file system. */
const BLANK = ['v3', 'v5']
/** Those with a volume group, in worlds where LVM activates them. */
const GROUPS = ['v2', 'v4']
const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const iqn = (name: string) => `iqn.2024-01.org.example:${name}`

/** Describes the disk as udev does at each start of the machine. */
export function describeLocalDisk(host: FakeHost): void {
  host.put('/run/udev/data/b254:16', 'I:1000')
}

/** The LUN of other programs' disks in sessions of agents. No agent uses it. */
export const GUEST_LUN = 9

export function layOut(chance: Chance, seed: number): Layout {
  const multipathd = chance.of('running', 'running', 'running', 'stopped', 'absent')
  const openIscsiVersion = chance.of('2.1.8', '2.1.8', '2.1.11', '2.1.10')
  const udev = { workers: chance.of(20, 20, 2), behindMs: chance.of(0, 0, 100, 900, 5000) }
  const host = new FakeHost({
    ...hostOf(seed),
    jitter: chance.percent(70),
    multipathd,
    openIscsiVersion,
    unknownTarget: chance.of('service unavailable', 'not found'),
    noPathRetry: chance.of('fail', 'queue'),
    userFriendlyNames: chance.percent(30),
    udevWorkers: udev.workers,
    udevBehindMs: udev.behindMs,
    delays: { scan: chance.of(5, 5, 50, 500), login: chance.of(25, 25, 400), udev: chance.of(60, 60, 900) },
  })
  const volumeGroups = hasVolumeGroups(seed) ? GROUPS : []
  for (const volume of VOLUMES) {
    const content = volumeGroups.includes(volume) ? 'lvm' : BLANK.includes(volume) ? 'blank' : 'ext4'
    host.storage.volume(volume, { content, sizeMb: chance.of(64, 64, 128) })
  }
  const side = new StorageSide(host, PORTALS)
  const few = PORTALS.slice(0, chance.between(1, 4))
  const some = PORTALS.slice(chance.between(0, 2))
  side.target(iqn('a'), few, { 1: 'v1', 2: 'v2', 3: 'v3' })
  side.target(iqn('b'), some, { 1: 'v4', 2: 'v5', 7: 'v6' })
  // Another array that shows the same volume.
  const mirror = [chance.of('10.99.1.1:3260', '10.99.3.1:3260')]
  side.target(iqn('c'), mirror, { 1: 'v1' })
  const foreignTarget = { iqn: iqn('foreign'), portal: '10.99.2.1:3260' }
  host.storage.volume('theirs')
  host.storage.iscsi.target({ iqn: foreignTarget.iqn, portals: [foreignTarget.portal], luns: { 1: 'theirs' } })
  host.storage.volume('vdb', { content: 'ext4' })
  host.localDisk('vdb', 'vdb')
  describeLocalDisk(host)
  const over = (name: string, portals: readonly string[], lun: number, volume: string): Way => ({
    name: `${name}/${lun} over ${portals.length}`,
    connection: { protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn: iqn(name), lun })) },
    places: [{ iqn: iqn(name), lun }],
    volume,
  })
  const both: Way = {
    name: 'a/1 and c/1',
    connection: {
      protocol: 'iscsi',
      targets: [
        ...few.map((portal) => ({ portal, iqn: iqn('a'), lun: 1 })),
        ...mirror.map((portal) => ({ portal, iqn: iqn('c'), lun: 1 })),
      ],
    },
    places: [
      { iqn: iqn('a'), lun: 1 },
      { iqn: iqn('c'), lun: 1 },
    ],
    volume: 'v1',
  }
  const ways = [
    over('a', few, 1, 'v1'),
    over('a', few, 2, 'v2'),
    over('a', few.slice(0, 1), 2, 'v2'),
    over('a', few, 3, 'v3'),
    over('b', some, 1, 'v4'),
    over('b', some, 2, 'v5'),
    over('b', some.slice(-1), 7, 'v6'),
    both,
    { name: 'vdb', connection: { protocol: 'local', path: '/dev/vdb' }, places: [], volume: 'vdb' } as const,
  ]
  // kpartx creates a partition map over each map of these volumes.
  for (const volume of VOLUMES)
    if (chance.percent(25) && !volumeGroups.includes(volume)) host.storage.volumeNamed(volume).partitions = ['ext4']
  if (hasGuestDisks(seed)) {
    host.storage.volume('guest', { content: 'ext4' })
    for (const name of ['a', 'b']) host.storage.iscsi.mapLun(iqn(name), GUEST_LUN, 'guest')
  }
  const others = { maps: hasForeignMaps(seed) && multipathd !== 'absent', disks: hasGuestDisks(seed) }
  const { recordRoot } = host
  const [oddity, container] = [oddityOf(seed), multipathdContainer(seed)]
  return { host, side, ways, others, oddity, container, volumeGroups, volumes: VOLUMES, multipathd, recordRoot, udev, foreignTarget }
}
