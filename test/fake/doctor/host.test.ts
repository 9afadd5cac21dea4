/** The doctor's checks of the host: one row for each answer of each check. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { refuse, rowsOf } from './rows.js'

const own = (host: FakeHost, file: string) => `/proc/${host.pid}/${file}`
const hidden = (host: FakeHost, lines: string) => host.put(own(host, 'mountinfo'), lines)

rowsOf('host.linux', [
  { when: 'with a boot id', answer: 'ok', evidence: '/proc/sys/kernel/random/boot_id: ' },
  {
    when: 'without a boot id',
    set: (host) => void host.take('/proc/sys/kernel/random/boot_id'),
    answer: 'problem',
    code: 'ERR_UNSUPPORTED_PLATFORM',
    evidence: 'boot_id: missing',
    advice: /root/,
  },
])

rowsOf('host.root', [
  { when: 'root', answer: 'ok', evidence: 'Uid: 0' },
  {
    when: 'another user',
    set: (host) => host.put(own(host, 'status'), 'Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n'),
    answer: 'problem',
    code: 'ERR_PERMISSION',
    evidence: 'Uid: 1000',
    advice: /as root/,
  },
  {
    when: 'root without CAP_SYS_ADMIN, as in an ordinary container',
    set: (host) => host.put(own(host, 'status'), 'Uid:\t0\t0\t0\t0\nCapEff:\t00000000a80425fb\n'),
    answer: 'problem',
    code: 'ERR_PERMISSION',
    evidence: 'CapEff: 00000000a80425fb',
    advice: /privileged/,
  },
  {
    when: 'root of a user namespace',
    set: (host) => host.put(own(host, 'uid_map'), '         0     100000      65536\n'),
    answer: 'problem',
    code: 'ERR_PERMISSION',
    evidence: 'uid_map: 0 100000 65536',
  },
  { when: 'a status that shows nothing', set: (host) => host.put(own(host, 'status'), 'Name:\tnode\n'), answer: 'unknown' },
])

rowsOf('host.kernel', [
  { when: '6.1', answer: 'ok', evidence: '/proc/sys/kernel/osrelease: 6.1.0-fake' },
  { when: '5.10', set: (host) => host.put('/proc/sys/kernel/osrelease', '5.10.0-28-amd64\n'), answer: 'ok' },
  {
    when: '5.4',
    set: (host) => host.put('/proc/sys/kernel/osrelease', '5.4.0-150-generic\n'),
    answer: 'warning',
    evidence: 'osrelease: 5.4.0-150-generic',
    advice: /upgrade/,
  },
  { when: '4.18', set: (host) => host.put('/proc/sys/kernel/osrelease', '4.18.0-553.el8\n'), answer: 'warning' },
  { when: 'no release', set: (host) => void host.take('/proc/sys/kernel/osrelease'), answer: 'unknown', evidence: 'osrelease: missing' },
])

rowsOf('host.namespaces', [
  { when: 'the same', answer: 'ok', evidence: '/proc/1/ns/net: net:[4026531840]' },
  {
    when: 'a network namespace of its own',
    set: (host) => host.putLink(own(host, 'ns/net'), 'net:[4026532999]'),
    answer: 'problem',
    code: 'ERR_DAEMON_UNREACHABLE',
    evidence: '/proc/self/ns/net: net:[4026532999]',
    advice: /namespaces: \{ pid: 1 \}/,
  },
  {
    when: 'a container whose process 1 is in the same namespaces',
    set: (host) => {
      for (const pid of ['1', String(host.pid)]) host.putLink(`/proc/${pid}/ns/pid`, 'pid:[4026532888]')
    },
    answer: 'problem',
    code: 'ERR_DAEMON_UNREACHABLE',
  },
  {
    when: 'namespaces of its own, with programs in those of the host',
    set: (host) => {
      host.putLink(own(host, 'ns/net'), 'net:[4026532999]')
      Object.assign(host, { view: { root: '/host', namespaces: 1 } })
    },
    answer: 'ok',
    summary: /namespaces of process 1/,
  },
  {
    when: 'links that may not be read',
    set: (host) => refuse(host, '/proc/1/ns', 'files.readLink'),
    answer: 'unknown',
    summary: /may not be read/,
  },
])

rowsOf('host.dev', [
  { when: 'every node', set: (host) => disks(host, 'vdb', 'vdc'), answer: 'ok', evidence: '/dev without: none' },
  {
    when: 'one node missing',
    set: (host) => {
      disks(host, 'vdb', 'vdc')
      host.take('/dev/vdc')
    },
    answer: 'warning',
    evidence: '/dev without: vdc',
  },
  {
    when: 'no node at all',
    set: (host) => {
      disks(host, 'vdb')
      host.take('/dev/vdb')
    },
    answer: 'problem',
    code: 'ERR_KERNEL',
    advice: /devtmpfs/,
  },
  { when: 'a directory that may not be read', set: (host) => refuse(host, '/dev', 'files.list'), answer: 'unknown' },
])
function disks(host: FakeHost, ...names: readonly string[]): void {
  host.storage.volume('local')
  for (const name of names) host.localDisk(name, 'local')
}

rowsOf('host.sysfs', [
  { when: 'read-write', answer: 'ok', evidence: '/sys: sysfs rw' },
  {
    when: 'read-only, as in a container that is not privileged',
    set: (host) => hidden(host, '22 1 0:50 / / rw - overlay overlay rw\n30 22 0:22 / /sys ro,nosuid - sysfs sysfs ro\n'),
    answer: 'problem',
    code: 'ERR_KERNEL',
    evidence: '/sys: sysfs ro',
    advice: /remount,rw/,
  },
  { when: 'no mount of it', set: (host) => hidden(host, '22 1 254:1 / / rw - ext4 /dev/vda1 rw\n'), answer: 'unknown' },
])

rowsOf('host.machine-id', [
  { when: 'set', answer: 'ok' },
  {
    when: 'not set yet',
    set: (host) => host.put('/etc/machine-id', 'uninitialized\n'),
    answer: 'warning',
    evidence: '/etc/machine-id: uninitialized',
    advice: /systemd-machine-id-setup/,
  },
  { when: 'empty, as in an image', set: (host) => host.put('/etc/machine-id', ''), answer: 'warning' },
  { when: 'missing', set: (host) => void host.take('/etc/machine-id'), answer: 'note', evidence: '/etc/machine-id: missing' },
  { when: 'unreadable', set: (host) => refuse(host, '/etc/machine-id'), answer: 'unknown' },
])
