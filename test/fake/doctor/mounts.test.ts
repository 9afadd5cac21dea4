/** The doctor's checks of mounts and of memory. */
import { formatEntry } from '../../../lib/operation/entry-text.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { entryOf, resultOf } from '../../unit/operation/entries.js'
import { login, refuse, rowsOf } from './rows.js'

const own = (host: FakeHost, file: string) => `/proc/${host.pid}/${file}`
const claimed = (host: FakeHost) =>
  host.put('/run/brickwork/claims/one.json', formatEntry(entryOf('one', { result: resultOf({ device: '/dev/sda' }) })))
const noNamespaces = (host: FakeHost) => {
  for (const pid of ['1', '400']) {
    host.take(`/proc/${pid}/ns/mnt`)
    host.faults.plant({ on: 'files.readLink', matching: `/proc/${pid}/ns/mnt`, times: 9, does: { fail: 'EACCES' } })
  }
  for (const pid of ['1', '400'])
    host.faults.plant({ on: 'files.read', matching: `/proc/${pid}/mountinfo`, times: 9, does: { fail: 'EACCES' } })
}

rowsOf('host.leaked-mounts', [
  { when: 'no volume', answer: 'ok', evidence: '/proc/*/mountinfo: 0 attached volumes' },
  {
    when: 'a volume that the host has mounted too',
    set: async (host) => {
      await login(host, 1)
      claimed(host)
      host.users.mount('/dev/sda')
    },
    answer: 'ok',
    evidence: '1 attached volumes',
  },
  {
    when: 'a volume that only another namespace has mounted',
    set: async (host) => {
      await login(host, 1)
      claimed(host)
      host.users.mount('/dev/sda', { otherNamespace: true })
    },
    answer: 'note',
    evidence: /^\/proc\/[0-9]+\/mountinfo: \/dev\/sda at \/mnt\/sda, by sleep \([0-9]+\)$/,
    summary: /ERR_HELD/,
    advice: /systemctl status [0-9]+ names its unit/,
  },
  {
    when: "a partition of a volume, in another program's namespace",
    set: async (host) => {
      await login(host, 1)
      claimed(host)
      host.users.mount(host.users.partition('/dev/sda'), { otherNamespace: true })
    },
    answer: 'note',
    evidence: /\/dev\/sda1 at/,
  },
  {
    when: 'a disk that is no volume',
    set: async (host) => {
      await login(host, 1)
      host.users.mount('/dev/sda', { otherNamespace: true })
    },
    answer: 'ok',
  },
  { when: 'mounts that may not be read', set: noNamespaces, answer: 'unknown', summary: /mount namespace/ },
])

const MOUNTS = '22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n'
rowsOf('host.stale-mounts', [
  { when: 'none', answer: 'ok', evidence: '/proc/*/mountinfo: 1 block devices' },
  {
    when: 'a file system whose disk is gone',
    set: (host) => host.put('/proc/1/mountinfo', `${MOUNTS}40 22 8:160 / /srv/data rw - ext4 /dev/sdk rw\n`),
    answer: 'warning',
    evidence: '/proc/1/mountinfo: /srv/data on /dev/sdk (8:160)',
    advice: /umount \/srv\/data/,
  },
  {
    when: 'file systems without a device',
    set: (host) => host.put('/proc/1/mountinfo', `${MOUNTS}40 22 0:99 / /srv/share rw - nfs4 server:/export rw\n`),
    answer: 'ok',
  },
  { when: 'mounts that may not be read', set: noNamespaces, answer: 'unknown', summary: /mount namespace/ },
])

const away = (host: FakeHost, mounts: string) => {
  host.putLink(own(host, 'ns/mnt'), 'mnt:[4026532999]')
  host.put(own(host, 'mountinfo'), mounts)
}
rowsOf('host.propagation', [
  { when: 'shared, as systemd makes it', answer: 'ok', evidence: '/proc/1/mountinfo /: shared' },
  {
    when: 'private, without systemd',
    set: (host) => host.put('/proc/1/mountinfo', '22 1 254:1 / / rw - ext4 /dev/vda1 rw\n'),
    answer: 'note',
    evidence: '/proc/1/mountinfo /: private',
    advice: /make-rshared/,
  },
  {
    when: "a container with the kubelet's folder, shared",
    set: (host) =>
      away(host, '50 1 0:60 / / rw - overlay overlay rw\n51 50 254:1 /var/lib/kubelet /var/lib/kubelet rw shared:7 - ext4 x rw\n'),
    answer: 'ok',
    evidence: '/var/lib/kubelet: shared',
  },
  {
    when: "a container with the kubelet's folder, from the host only",
    set: (host) =>
      away(host, '50 1 0:60 / / rw - overlay overlay rw\n51 50 254:1 /var/lib/kubelet /var/lib/kubelet rw master:7 - ext4 x rw\n'),
    answer: 'warning',
    evidence: '/var/lib/kubelet: slave',
    advice: /Bidirectional/,
  },
  {
    when: "a container that keeps a copy of the host's mounts",
    set: (host) => {
      away(host, '50 1 0:60 / / rw - overlay overlay rw\n51 50 254:1 / /host rw - ext4 /dev/vda1 rw\n')
      Object.assign(host, { view: { root: '/host', namespaces: 1 } })
    },
    answer: 'note',
    evidence: '/host: private',
    advice: /HostToContainer/,
  },
  {
    when: "a container that gets the host's mounts",
    set: (host) => {
      away(host, '50 1 0:60 / / rw - overlay overlay rw\n51 50 254:1 / /host rw master:1 - ext4 /dev/vda1 rw\n')
      Object.assign(host, { view: { root: '/host', namespaces: 1 } })
    },
    answer: 'ok',
    evidence: '/host: slave',
  },
  { when: 'namespaces that may not be read', set: (host) => refuse(host, '/proc/1/ns', 'files.readLink'), answer: 'unknown' },
])

const available = (mib: number) => (host: FakeHost) => host.put('/proc/meminfo', `MemTotal: 8048816 kB\nMemAvailable: ${mib * 1024} kB\n`)
const group = (host: FakeHost, limit: string, used: number) => {
  host.put(own(host, 'cgroup'), '0::/system.slice/agent.service\n')
  host.put('/sys/fs/cgroup/system.slice/agent.service/memory.max', `${limit}\n`)
  host.put('/sys/fs/cgroup/system.slice/agent.service/memory.current', `${used}\n`)
}
const MIB = 1024 * 1024
rowsOf('host.memory', [
  { when: 'enough', answer: 'ok', evidence: '/proc/meminfo MemAvailable: 6555 MiB' },
  { when: 'a little', set: available(130), answer: 'ok' },
  { when: 'almost none', set: available(100), answer: 'warning', evidence: 'MemAvailable: 100 MiB', advice: /ps -eo rss/ },
  { when: 'a group without a limit', set: (host) => group(host, 'max', 100 * MIB), answer: 'ok' },
  {
    when: 'a group with space',
    set: (host) => group(host, String(256 * MIB), 200 * MIB),
    answer: 'ok',
    evidence: '/sys/fs/cgroup/system.slice/agent.service/memory.max: 56 MiB are free of 256 MiB',
  },
  {
    when: 'a group that is almost full',
    set: (host) => group(host, String(128 * MIB), 120 * MIB),
    answer: 'warning',
    evidence: 'memory.max: 8 MiB are free of 128 MiB',
    advice: /MemoryMax=/,
  },
  { when: 'no memory shown', set: (host) => void host.take('/proc/meminfo'), answer: 'unknown' },
])
