/** The properties that Debian's rules find for block devices (sg3-utils-udev, multipath-tools, dmsetup, blkid). */
import type { Uevent } from '../../core/host.js'
import { flagsOf } from '../mapper/cookie.js'
import type { DmMap } from '../mapper/dm-map.js'
import { type BlockDevice, contentOf } from '../block/block-device.js'
import type { StackedDevice } from '../mapper/stacked-device.js'
import type { ScsiDisk } from '../scsi/scsi-disk.js'

export type Properties = ReadonlyMap<string, string>
export const FIND_MULTIPATHS_TIMEOUT_MS = 10_000

/** What the rules ask other parts of the machine. */
export interface Rules {
  readonly nowMs: number
  readonly diskBehind: (block: BlockDevice) => ScsiDisk | undefined
  /** The answer of `multipath -u` for a disk: whether it is a path. */
  readonly claims: (block: BlockDevice, properties: Properties) => 'yes' | 'no' | 'maybe'
}

/** A disk: its identity, whether multipath claims it as a path, and, if it doesn't, the content of the disk. */
export function describeDisk({ nowMs, diskBehind, claims }: Rules, block: BlockDevice | undefined): Map<string, string> {
  const properties = new Map([['DM_MULTIPATH_DEVICE_PATH', '0']])
  const volume = block?.volume()
  if (block === undefined || volume === undefined) return properties
  const disk = diskBehind(block)
  if (disk !== undefined) {
    properties.set('ID_SCSI', '1').set('ID_BUS', 'scsi').set('ID_VENDOR', 'LIO-ORG').set('ID_MODEL', 'FILEIO').set('ID_TYPE', 'disk')
    const { serial, wwn } = disk.pages.udev
    if (serial !== undefined) properties.set('ID_SERIAL', serial).set('ID_SERIAL_SHORT', serial.slice(1))
    if (wwn !== undefined) properties.set('ID_WWN', `0x${wwn.slice(0, 16)}`).set('ID_WWN_WITH_EXTENSION', `0x${wwn}`)
    const claimed = claims(block, properties)
    if (claimed !== 'no') properties.set('DM_MULTIPATH_DEVICE_PATH', '1').set('SYSTEMD_READY', '0')
    if (claimed === 'yes') properties.set('ID_FS_TYPE', 'mpath_member')
    if (claimed === 'maybe') properties.set('FIND_MULTIPATHS_WAIT_UNTIL', String(nowMs + FIND_MULTIPATHS_TIMEOUT_MS))
    if (claimed !== 'no') return properties
  }
  describeContent(properties, block)
  return properties
}
/** No second path has come: other programs may use the disk. */
export function giveUpWaiting(block: BlockDevice, properties: Map<string, string>): void {
  properties.set('DM_MULTIPATH_DEVICE_PATH', '0').delete('SYSTEMD_READY')
  describeContent(properties, block)
}

/** A map. Its first event comes before it has a table. The content of a map is read when a path works (55-dm.rules, 11-dm-mpath.rules). */
export function describeMap(map: DmMap, { action, properties: event }: Uevent, before: Properties): Map<string, string> {
  const { primary, reload, noPaths } = flagsOf(event.get('DM_COOKIE'))
  if (!primary && before.get('DM_UDEV_PRIMARY_SOURCE_FLAG') !== '1' && action === 'add') return new Map(disabled)
  const pathEvent = event.get('DM_ACTION')?.startsWith('PATH_') === true
  const wasReady = before.get('MPATH_DEVICE_READY')
  const works = map.activePaths > 0 && !noPaths && event.get('DM_NR_VALID_PATHS') !== '0'
  const kept = event.get('DM_ACTION') === 'PATH_FAILED' || (!primary && !pathEvent)
  const ready = works || !(primary || pathEvent) ? (kept ? wasReady : '1') : '0'
  const unchanged = reload || pathEvent
  const revived = ready !== '0' && wasReady === '0'
  const properties = new Map([
    ['DM_NAME', map.name],
    ['DM_UUID', map.uuid],
    ['DM_SUSPENDED', map.suspended ? '1' : '0'],
    ['DM_UDEV_RULES', '1'],
    ['DM_UDEV_RULES_VSN', '2'],
    ['DM_UDEV_PRIMARY_SOURCE_FLAG', '1'],
  ])
  if (primary || pathEvent)
    properties.set('DM_ACTIVATION', unchanged && !revived ? '0' : '1').set('MPATH_UNCHANGED', unchanged && !revived ? '1' : '0')
  if (ready !== undefined) properties.set('MPATH_DEVICE_READY', ready)
  if (ready === '0') properties.set('DM_NOSCAN', '1')
  if (ready === '0' || map.suspended) properties.set('DM_UDEV_DISABLE_OTHER_RULES_FLAG', '1')
  const wwid = map.uuid.slice('mpath-'.length)
  properties
    .set('DM_TYPE', 'scsi')
    .set('DM_SERIAL', wwid)
    .set('DM_WWN', `0x${wwid.slice(1)}`)
  if (properties.has('DM_UDEV_DISABLE_OTHER_RULES_FLAG') || map.block.volume() === undefined)
    copy(before, properties, 'ID_FS_TYPE', 'ID_FS_USAGE')
  else describeContent(properties, map.block)
  return properties
}
const disabled = [
  ['DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG', '1'],
  ['DM_UDEV_DISABLE_DISK_RULES_FLAG', '1'],
  ['DM_UDEV_DISABLE_OTHER_RULES_FLAG', '1'],
] as const

/** A partition map, or another linear device. */
export function describeStacked({ name, uuid, block }: StackedDevice): Map<string, string> {
  const properties = new Map([
    ['DM_NAME', name],
    ['DM_UUID', uuid],
    ['DM_SUSPENDED', '0'],
    ['DM_UDEV_PRIMARY_SOURCE_FLAG', '1'],
  ])
  describeContent(properties, block)
  return properties
}

function describeContent(properties: Map<string, string>, block: BlockDevice): void {
  const [volume, content] = [block.volume(), contentOf(block)]
  if (volume === undefined) return
  if (volume.partitions.length > 0 && block.partition === undefined) properties.set('ID_PART_TABLE_TYPE', 'gpt')
  if (content === 'lvm') properties.set('ID_FS_TYPE', 'LVM2_member').set('ID_FS_USAGE', 'raid')
  if (content === 'btrfs') properties.set('ID_FS_TYPE', 'btrfs').set('ID_FS_USAGE', 'filesystem')
  if (content === 'ext4') properties.set('ID_FS_TYPE', 'ext4').set('ID_FS_USAGE', 'filesystem').set('ID_FS_UUID', volume.fsUuid)
}
function copy(from: Properties, to: Map<string, string>, ...names: readonly string[]): void {
  for (const name of names) {
    const value = from.get(name)
    if (value !== undefined) to.set(name, value)
  }
}
