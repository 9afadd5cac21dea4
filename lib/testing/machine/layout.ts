/** The files that a Debian machine has before any volume is attached. */
import { createHash } from 'node:crypto'

import type { FileTree } from '../files/file-tree.js'
import type { Base, LastingBase } from './base.js'

const KERNEL = '6.1.0-fake'
const MODULES = ['scsi/sd_mod', 'scsi/sg', 'scsi/iscsi_tcp', 'scsi/libiscsi', 'scsi/scsi_transport_iscsi', 'md/dm-multipath', 'md/dm-mod']

/** The lasting part: the files on the machine's own disk. */
export function layDisk({ tree, settings }: LastingBase): void {
  for (const directory of ['/etc', '/var/lib', '/tmp', '/root', '/mnt', '/usr/sbin', '/usr/bin']) tree.directory(directory)
  tree.file('/etc/machine-id', createHash('sha256').update(settings.hostname).digest('hex').slice(0, 32), { mode: 0o444 })
  tree.file('/etc/hostname', settings.hostname)
  tree.link('/var/run', '/run')
  tree.link('/var/lock', '/run/lock')
  for (const program of ['modprobe', 'getent']) layProgram(tree, program)
  tree.file(`/lib/modules/${KERNEL}/modules.dep`, MODULES.map((name) => `kernel/drivers/${name}.ko:`).join('\n'))
  for (const name of ['60-persistent-storage.rules', '60-multipath.rules', '68-del-part-nodes.rules', '69-lvm.rules'])
    tree.file(`/usr/lib/udev/rules.d/${name}`, '# shipped')
}
/** An installed program. */
export function layProgram(tree: FileTree, name: string): void {
  tree.file(`/usr/sbin/${name}`, 'ELF', { mode: 0o755 })
}

export interface BootLayout {
  /** Counts the boots of the machine. */
  readonly number: number
  /** The text of `/proc/swaps`. */
  readonly swaps: () => string
}
/** The part that the kernel and udev create at each boot. */
export function layBoot({ tree, settings, uevents, processes }: Base, { number, swaps }: BootLayout): void {
  for (const name of ['scsi_host', 'scsi_device', 'scsi_generic', 'scsi_disk', 'block', 'bsg']) tree.directory(`/sys/class/${name}`)
  for (const directory of [
    '/sys/block',
    '/sys/bus/scsi/devices',
    '/sys/dev/block',
    '/sys/devices/platform',
    '/sys/devices/virtual/block',
  ]) {
    tree.directory(directory)
  }
  for (const module of ['sg', 'sd_mod']) tree.directory(`/sys/module/${module}`)
  tree.file('/sys/kernel/uevent_seqnum', () => String(uevents.seqnum))
  tree.file('/proc/sys/kernel/random/boot_id', uuid(`${settings.hostname} ${number}`), { mode: 0o444 })
  tree.file('/proc/sys/kernel/hostname', settings.hostname)
  tree.file('/proc/sys/kernel/osrelease', KERNEL)
  tree.file('/proc/sys/kernel/hung_task_panic', '0')
  tree.file('/proc/sys/kernel/hung_task_timeout_secs', '120')
  tree.file('/proc/swaps', swaps)
  tree.file('/proc/meminfo', 'MemTotal:        8048816 kB\nMemFree:         5120104 kB\nMemAvailable:    6712920 kB')
  // The disk of the root file system, which no topology has: only its mount is seen.
  tree.directory('/sys/dev/block/254:1')
  tree.directory('/run/systemd/system')
  processes.add(1, 'systemd', ['/sbin/init'])
  tree.device('/dev/mapper/control', 'character', '10:236')
  for (const directory of ['/run/udev', '/dev/disk/by-id', '/dev/disk/by-path', '/dev/mapper']) tree.directory(directory)
}

/** A UUID that depends on `text` only. */
export function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
