/** The multipath maps of the host and their paths. */
import type { BlockDeviceNode } from '../api/topology.js'
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, problem, seen, warning } from '../operation/host-check.js'

const MOST_SHOWN = 5
const FAILED = 'failed'

export const mapChecks: readonly HostCheck[] = [
  {
    id: 'multipath.maps',
    group: 'multipath',
    title: 'every path of every map works',
    reads: '`/sys/class/block/dm-*`, status of device-mapper',
    run: maps,
  },
  {
    id: 'multipath.single-paths',
    group: 'multipath',
    title: 'disks of one volume are in a map',
    reads: '`/sys/bus/scsi/devices`, `/sys/class/block`',
    run: singlePaths,
  },
  {
    id: 'multipath.identity',
    group: 'multipath',
    title: 'no two volumes have one WWID',
    reads: '`/sys/bus/scsi/devices`, `/sys/class/block`',
    run: sharedWwids,
  },
]

const isMap = ({ dmUuid }: BlockDeviceNode) => dmUuid?.startsWith('mpath-') === true

async function maps(context: CheckContext): Promise<Finding> {
  const { devices } = await context.once(hostTopology)
  const all = devices.filter(isMap)
  if (all.length === 0) return ok('There are no maps', [seen('/sys/class/block', 'no map')])
  const unwell = all.flatMap((map) => {
    const words = [
      map.dmSuspended === true ? 'suspended' : '',
      map.paths.length === 0 && map.slaves.length === 0 ? 'no path' : '',
      map.paths.length > 0 && map.paths.every(({ state }) => state === FAILED) ? 'no live path' : '',
      ...map.paths.filter(({ state }) => state === FAILED).map(({ name }) => `${name} failed`),
    ].filter((word) => word !== '')
    return words.length === 0 ? [] : [seen(`/dev/${map.name} (${map.dmName ?? ''})`, words.join(', '))]
  })
  const suspended = all.find(({ dmSuspended }) => dmSuspended === true)?.dmName
  if (unwell.length > 0)
    return warning(
      `${unwell.length} of ${all.length} maps have failed paths or are suspended`,
      unwell.slice(0, MOST_SHOWN),
      suspended === undefined
        ? 'Find out why the paths failed (multipath -ll, iscsiadm -m session, dmesg)'
        : `If no program works on it, resume the suspended map (dmsetup resume ${suspended}); for failed paths see multipath -ll and dmesg`,
    )
  const isUnseen = all.some(({ paths }) => paths.some(({ state }) => state === undefined))
  const evidence = all
    .slice(0, MOST_SHOWN)
    .map(({ name, dmName, slaves }) => seen(`/dev/${name} (${dmName ?? ''})`, `${slaves.length} paths`))
  return isUnseen
    ? note('The states of the paths cannot be read', evidence, 'Run it as root')
    : ok(`${all.length} maps, all paths work`, evidence)
}

interface Disk {
  readonly device: BlockDeviceNode
  readonly wwid: string
  readonly serial: string | undefined
}
/** SCSI disks by WWID. Partitions and maps have none of their own. */
async function disksByWwid(context: CheckContext): Promise<ReadonlyMap<string, readonly Disk[]>> {
  const { scsiDevices, devices } = await context.once(hostTopology)
  const byName = new Map(devices.map((device) => [device.name, device]))
  const found = new Map<string, Disk[]>()
  for (const { wwid, serial, block, type } of scsiDevices) {
    const device = byName.get(block ?? '')
    if (wwid === undefined || device === undefined || type !== 'disk') continue
    found.set(wwid, [...(found.get(wwid) ?? []), { device, wwid, serial }])
  }
  return found
}
async function singlePaths(context: CheckContext): Promise<Finding> {
  const { devices } = await context.once(hostTopology)
  const mapped = new Set(devices.filter(isMap).flatMap(({ slaves }) => slaves))
  const wwids = await disksByWwid(context)
  const loose = [...wwids].filter(([, disks]) => disks.length > 1 && disks.some(({ device }) => !mapped.has(device.name)))
  if (loose.length === 0) return ok('No volume has several disks without a map', [seen('/sys/bus/scsi/devices', `${wwids.size} volumes`)])
  return warning(
    `${loose.length} ${loose.length === 1 ? 'volume has' : 'volumes have'} several disks that are not all in a map`,
    loose.slice(0, MOST_SHOWN).map(([wwid, disks]) => seen(wwid, disks.map(({ device }) => device.name).join(' '))),
    `Find out why multipathd does not use them (multipath -v3 -d /dev/${loose[0]?.[1][0]?.device.name ?? 'NAME'}): a blacklist, find_multipaths, or a program that has a disk open`,
  )
}
async function sharedWwids(context: CheckContext): Promise<Finding> {
  const wwids = await disksByWwid(context)
  const different = (values: readonly unknown[]) => new Set(values.filter((value) => value !== undefined)).size > 1
  const wrong = [...wwids].filter(
    ([, disks]) => different(disks.map(({ device }) => device.sizeBytes)) || different(disks.map(({ serial }) => serial)),
  )
  if (wrong.length === 0)
    return ok('Disks with one WWID have one size and one serial number', [seen('/sys/bus/scsi/devices', `${wwids.size} volumes`)])
  return problem(
    'ERR_IDENTITY_CONFLICT',
    'Disks with one WWID differ in size or serial number: they are different volumes, or one was resized',
    wrong
      .slice(0, MOST_SHOWN)
      .flatMap(([wwid, disks]) =>
        disks.map(({ device, serial }) => seen(wwid, `${device.name} ${device.sizeBytes} bytes, serial ${serial ?? 'none'}`)),
      ),
    'Give each volume of the array its own serial number; if one was resized, run `brickwork resize ID` (brickwork list shows the ids)',
  )
}
