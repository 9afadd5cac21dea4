/** The directories and attributes of SCSI devices (drivers/scsi/scsi_sysfs.c). */
import { kernelError } from '../errno.js'
import type { FileTree } from '../files/file-tree.js'
import { bytesOf } from '../files/nodes.js'
import type { Base } from '../machine/base.js'
import { type Nexus, targetDirectory, targetName } from './nexus.js'
import { noWwid } from './pages.js'
import type { ScsiDisk } from './scsi-disk.js'

/** The major number of bsg, which gets the next number that is free. */
const BSG_MAJOR = 248

export const SCSI_DEVICES = '/sys/bus/scsi/devices'
/** The result of reading an attribute that can only be written. */
export const writeOnly = { errno: 'EIO' } as const

export interface DiskWrites {
  readonly remove: () => Promise<void>
  readonly rescan: () => Promise<void>
}

/** Creates the directory of a target. It comes with the first disk and goes with the last one. */
export function layTarget({ tree, uevents }: Base, nexus: Nexus): void {
  const directory = targetDirectory(nexus)
  tree.directory(directory)
  tree.relativeLink(`${SCSI_DEVICES}/${targetName(nexus)}`, directory)
  uevents.kernel('add', directory, 'scsi', { DEVTYPE: 'scsi_target' })
}
export function clearTarget({ tree, uevents }: Base, nexus: Nexus): void {
  tree.remove(`${SCSI_DEVICES}/${targetName(nexus)}`)
  tree.remove(targetDirectory(nexus))
  uevents.kernel('remove', targetDirectory(nexus), 'scsi', { DEVTYPE: 'scsi_target' })
}
export function layDisk(tree: FileTree, disk: ScsiDisk, writes: DiskWrites): void {
  const at = (name: string): string => `${disk.directory}/${name}`
  const pages = disk.pages
  const raw = { vendor: text(pages.inquiry, 8, 16), model: text(pages.inquiry, 16, 32), rev: text(pages.inquiry, 32, 36) }
  for (const [name, value] of Object.entries({
    ...raw,
    type: String((pages.inquiry[0] ?? 0) & 0x1f),
    scsi_level: '7',
    queue_depth: '32',
    dh_state: 'alua',
    eh_timeout: '10',
    device_busy: '0',
  })) {
    tree.file(at(name), value)
  }
  tree.file(at('access_state'), () => bytesOf(disk.nexus.accessState?.() ?? 'active/optimized'))
  tree.file(at('inquiry'), () => disk.pages.inquiry)
  tree.file(at('vpd_pg0'), () => disk.pages.vpd00)
  if (pages.vpd80 !== undefined) tree.file(at('vpd_pg80'), () => disk.pages.vpd80 ?? noWwid)
  if (pages.vpd83 !== undefined) tree.file(at('vpd_pg83'), () => disk.pages.vpd83 ?? noWwid)
  tree.file(at('wwid'), () => disk.pages.wwid ?? noWwid, { mode: 0o444 })
  tree.file(at('state'), () => disk.state, { onWrite: (value) => writeState(disk, value) })
  tree.file(at('timeout'), () => disk.timeout, { onWrite: (value) => Promise.resolve(void (disk.timeout = value)) })
  tree.file(at('delete'), () => writeOnly, { mode: 0o200, onWrite: writes.remove })
  tree.file(at('rescan'), () => writeOnly, { mode: 0o200, onWrite: writes.rescan })
  tree.relativeLink(at('subsystem'), '/sys/bus/scsi')
  tree.relativeLink(`${SCSI_DEVICES}/${disk.hctl}`, disk.directory)
  layClass(tree, disk, 'scsi_device', disk.hctl)
}
/** Creates the disk's character devices, which need the modules sg and bsg. */
export function layCharacters({ tree, uevents }: Base, disk: ScsiDisk): void {
  const at = (name: string): string => `${disk.directory}/${name}`
  layClass(tree, disk, 'bsg', disk.hctl)
  layClass(tree, disk, 'scsi_generic', `sg${disk.sgIndex}`)
  tree.file(at(`scsi_generic/sg${disk.sgIndex}/dev`), `21:${disk.sgIndex}`)
  tree.file(at(`bsg/${disk.hctl}/dev`), `${BSG_MAJOR}:${disk.sgIndex}`)
  tree.device(`/dev/bsg/${disk.hctl}`, 'character', `${BSG_MAJOR}:${disk.sgIndex}`)
  tree.relativeLink(at('generic'), at(`scsi_generic/sg${disk.sgIndex}`))
  tree.device(`/dev/sg${disk.sgIndex}`, 'character', `21:${disk.sgIndex}`)
  uevents.kernel('add', at(`scsi_generic/sg${disk.sgIndex}`), 'scsi_generic')
  uevents.kernel('add', at(`bsg/${disk.hctl}`), 'bsg')
}
export function layClass(tree: FileTree, disk: ScsiDisk, name: string, entry: string): void {
  const directory = `${disk.directory}/${name}/${entry}`
  tree.relativeLink(`${directory}/device`, disk.directory)
  tree.relativeLink(`${directory}/subsystem`, `/sys/class/${name}`)
  tree.relativeLink(`/sys/class/${name}/${entry}`, directory)
}
/**
 * A removal first removes all but the directory itself. The directory goes when the disk's driver releases it (drivers/base/core.c,
 * device_del).
 */
export function clearAttributes(tree: FileTree, disk: ScsiDisk): void {
  for (const [name, entry] of [
    ['scsi_device', disk.hctl],
    ['bsg', disk.hctl],
    ['scsi_disk', disk.hctl],
    ['scsi_generic', `sg${disk.sgIndex}`],
  ] as const) {
    tree.remove(`/sys/class/${name}/${entry}`)
  }
  tree.remove(`/dev/sg${disk.sgIndex}`)
  tree.remove(`/dev/bsg/${disk.hctl}`)
  tree.remove(disk.directory)
  tree.directory(disk.directory)
}
/** Removes what {@link clearAttributes} leaves of a disk. */
export function clearDisk(tree: FileTree, disk: ScsiDisk): void {
  tree.remove(`${SCSI_DEVICES}/${disk.hctl}`)
  tree.remove(disk.directory)
}

function writeState(disk: ScsiDisk, value: string): Promise<void> {
  const wanted = value.trim()
  const allowed = (wanted === 'offline' && disk.state === 'running') || (wanted === 'running' && disk.state === 'offline')
  if (!allowed) return Promise.reject(kernelError('EINVAL', 'write', `${disk.directory}/state`))
  disk.state = wanted
  disk.changes.notify()
  return Promise.resolve()
}
function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to))
}
