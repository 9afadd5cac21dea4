/** What a Debian machine has before anybody attaches anything. */
import { createHash } from 'node:crypto'

import type { Boot } from '../boot.js'
import type { Machine } from '../machine.js'

/** The shipped iscsid.conf as far as it matters to records made with `-o new`. */
const ISCSID_CONF = `node.startup = manual
node.leading_login = No
node.session.timeo.replacement_timeout = 120
node.conn[0].timeo.login_timeout = 15
node.conn[0].timeo.logout_timeout = 15
node.conn[0].timeo.noop_out_interval = 5
node.conn[0].timeo.noop_out_timeout = 5
node.session.initial_login_retry_max = 8
node.session.cmds_max = 128
node.session.queue_depth = 32
node.session.nr_sessions = 1
node.session.scan = auto`

/** The lasting part: what is on the machine's own disk. */
export function layDisk({ tree, settings }: Machine): void {
  for (const directory of ['/etc', '/var/lib', '/tmp', '/root', '/mnt', '/usr/sbin', '/usr/bin']) tree.directory(directory)
  tree.directory(`${settings.recordRoot}/nodes`, 0o700)
  tree.directory(`${settings.recordRoot}/send_targets`, 0o700)
  tree.file('/etc/machine-id', createHash('sha256').update(settings.hostname).digest('hex').slice(0, 32), { mode: 0o444 })
  tree.file('/etc/hostname', settings.hostname)
  tree.file('/etc/iscsi/initiatorname.iscsi', `## DO NOT EDIT OR REMOVE THIS FILE!\nInitiatorName=${settings.initiatorName}`, {
    mode: 0o600,
  })
  tree.file('/etc/iscsi/iscsid.conf', ISCSID_CONF, { mode: 0o600 })
  const programs = settings.multipathd === 'absent' ? ['iscsiadm', 'iscsid'] : ['iscsiadm', 'iscsid', 'multipath', 'multipathd']
  for (const program of programs) tree.file(`/usr/sbin/${program}`, 'ELF', { mode: 0o755 })
  tree.link('/var/run', '/run')
  tree.link('/var/lock', '/run/lock')
}

/** The part that the kernel and the daemons make at each start. */
export function layBoot(boot: Boot): void {
  const { machine, number } = boot
  const { tree } = machine
  for (const name of [
    'iscsi_session',
    'iscsi_connection',
    'iscsi_host',
    'scsi_host',
    'scsi_device',
    'scsi_generic',
    'scsi_disk',
    'block',
    'bsg',
  ]) {
    tree.directory(`/sys/class/${name}`)
  }
  for (const directory of [
    '/sys/block',
    '/sys/bus/scsi/devices',
    '/sys/dev/block',
    '/sys/devices/platform',
    '/sys/devices/virtual/block',
  ]) {
    tree.directory(directory)
  }
  for (const module of ['iscsi_tcp', 'scsi_transport_iscsi', 'sg', 'sd_mod']) tree.directory(`/sys/module/${module}`)
  tree.file('/sys/kernel/uevent_seqnum', () => String(boot.uevents.seqnum))
  tree.file('/proc/sys/kernel/random/boot_id', uuid(`${machine.settings.hostname} ${number}`), { mode: 0o444 })
  tree.file('/proc/sys/kernel/hostname', machine.settings.hostname)
  tree.file('/proc/sys/kernel/osrelease', '6.1.0-fake')
  tree.file('/proc/swaps', () => boot.users.swaps())
  boot.processes.add(1, 'systemd', ['/sbin/init'])
  tree.directory('/run/lock/iscsi', 0o770)
  tree.device('/dev/mapper/control', 'character', '10:236')
  for (const directory of ['/run/udev', '/dev/disk/by-id', '/dev/disk/by-path', '/dev/mapper']) tree.directory(directory)
}

/** A UUID that depends on `text` only. */
export function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
