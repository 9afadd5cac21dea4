/** The doctor's checks of multipathd, its configuration and the maps. */
import { doctor } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { expect, test } from 'vitest'
import { logIn, IQN, login, refuse, rowsOf } from './rows.js'

const CONF = '/etc/multipath.conf'
const DROP_IN = '/etc/multipath/conf.d/array.conf'

rowsOf('multipath.daemon', [
  { when: 'it runs', host: { multipathd: 'running' }, answer: 'ok', evidence: /^\/proc\/[0-9]+\/stat: S$/ },
  { when: 'installed and stopped', host: { multipathd: 'stopped' }, answer: 'warning', advice: /systemctl enable --now multipathd/ },
  { when: 'not installed', answer: 'note', evidence: 'multipathd: missing' },
  {
    when: 'stopped by a signal',
    host: { multipathd: 'running' },
    set: (host) => {
      const { pid } = host.multipathd
      host.put(`/proc/${pid}/stat`, `${pid} (multipathd) T 1 ${pid} ${pid} 0 -1 ${'0 '.repeat(13)}${pid} 0 0\n`)
    },
    answer: 'warning',
    evidence: /stat: T$/,
    advice: /kill -CONT/,
  },
  {
    when: 'updated and not restarted',
    host: { multipathd: 'running' },
    set: (host) => host.putLink(`/proc/${host.multipathd.pid}/exe`, '/usr/sbin/multipathd (deleted)'),
    answer: 'warning',
    evidence: 'exe: /usr/sbin/multipathd (deleted)',
    advice: /restart/,
  },
  {
    when: 'a pid file that may not be read',
    host: { multipathd: 'running' },
    set: (host) => refuse(host, '/run/multipathd.pid', 'files.readFiles'),
    answer: 'unknown',
  },
])

rowsOf('multipath.queueing', [
  { when: 'no file', answer: 'ok', evidence: `${CONF}: missing` },
  {
    when: 'a number of retries',
    set: (host) => host.put(CONF, 'defaults {\n  no_path_retry 12\n}\n'),
    answer: 'ok',
    evidence: `${CONF}: read`,
  },
  {
    when: 'queue in the defaults',
    set: (host) => host.put(CONF, 'defaults {\n  no_path_retry "queue" # for ever\n}\n'),
    answer: 'warning',
    evidence: `${CONF}: defaults: no_path_retry queue`,
    advice: /no_path_retry/,
  },
  {
    when: 'the feature of an array, in a file of the folder',
    set: (host) => host.put(DROP_IN, 'devices { device {\n vendor "LIO"\n features "1 queue_if_no_path"\n} }\n'),
    answer: 'warning',
    evidence: `${DROP_IN}: devices device: features 1 queue_if_no_path`,
  },
  { when: 'in a comment', set: (host) => host.put(CONF, 'defaults {\n  # no_path_retry queue\n}\n'), answer: 'ok' },
  {
    when: 'of one volume only',
    set: (host) => host.put(CONF, 'multipaths { multipath {\n wwid 36001\n no_path_retry queue\n} }\n'),
    answer: 'ok',
  },
  { when: 'a file that may not be read', set: (host) => refuse(host, CONF), answer: 'unknown' },
])

rowsOf('multipath.blacklist', [
  {
    when: 'local disks only',
    set: (host) => host.put(CONF, 'blacklist {\n  devnode "^(ram|loop|vd)[0-9a-z]*"\n  wwid "SATA_disk"\n}\n'),
    answer: 'ok',
  },
  {
    when: 'every sd',
    set: (host) => host.put(CONF, 'blacklist {\n  devnode "^sd[a-z]"\n}\n'),
    answer: 'warning',
    evidence: `${CONF}: blacklist: devnode ^sd[a-z]`,
    advice: /blacklist_exceptions/,
  },
  {
    when: 'every sd but those of an exception',
    set: (host) => host.put(CONF, 'blacklist {\n devnode "^sd"\n}\nblacklist_exceptions {\n devnode "^sd"\n}\n'),
    answer: 'ok',
  },
  { when: 'every WWID', set: (host) => host.put(CONF, 'blacklist {\n  wwid ".*"\n}\n'), answer: 'warning', evidence: 'blacklist: wwid .*' },
  {
    when: 'every vendor',
    set: (host) => host.put(CONF, 'blacklist {\n device {\n vendor ".*"\n product ".*"\n }\n}\n'),
    answer: 'warning',
  },
  { when: 'an expression that cannot be read', set: (host) => host.put(CONF, 'blacklist {\n  devnode "sd[a-"\n}\n'), answer: 'ok' },
  { when: 'a folder that may not be read', set: (host) => refuse(host, '/etc/multipath/conf.d', 'files.list'), answer: 'unknown' },
])

rowsOf('multipath.claiming', [
  { when: 'not set', answer: 'ok', summary: /not set/ },
  {
    when: 'strict',
    set: (host) => host.put(CONF, 'defaults {\n find_multipaths strict\n}\n'),
    answer: 'ok',
    evidence: 'find_multipaths strict',
  },
  { when: 'smart', set: (host) => host.put(CONF, 'defaults {\n find_multipaths smart\n}\n'), answer: 'note', advice: /strict/ },
  { when: 'a file that may not be read', set: (host) => refuse(host, CONF), answer: 'unknown' },
])

rowsOf('multipath.reinstating', [
  { when: 'no file', answer: 'ok', evidence: `${CONF}: missing` },
  {
    when: 'names only',
    set: (host) => host.put(CONF, 'defaults {\n user_friendly_names yes\n}\noverrides {\n skip_kpartx yes\n}\n'),
    answer: 'ok',
    evidence: `${CONF}: overrides: skip_kpartx yes`,
  },
  {
    when: 'a recovery time',
    set: (host) => host.put(CONF, 'defaults {\n user_friendly_names yes\n san_path_err_recovery_time 300\n}\n'),
    answer: 'note',
    evidence: `${CONF}: defaults: san_path_err_recovery_time 300`,
    advice: /multipathd show paths/,
  },
  {
    when: 'a threshold of an array',
    set: (host) => host.put(DROP_IN, 'devices { device {\n vendor "LIO"\n marginal_path_err_rate_threshold 10\n} }\n'),
    answer: 'note',
    evidence: `${DROP_IN}: devices device: marginal_path_err_rate_threshold 10`,
  },
  { when: 'switched off', set: (host) => host.put(CONF, 'defaults {\n san_path_err_threshold no\n}\n'), answer: 'ok' },
  { when: 'a file that may not be read', set: (host) => refuse(host, CONF), answer: 'unknown' },
])

const BINDINGS = '/etc/multipath/bindings'
rowsOf('multipath.bindings', [
  { when: 'none', answer: 'ok', evidence: `${BINDINGS}: missing` },
  {
    when: 'two names',
    set: (host) => host.put(BINDINGS, '# alias wwid\nmpatha 36001\nmpathb 36002\n'),
    answer: 'ok',
    evidence: `${BINDINGS}: 2 lines`,
  },
  {
    when: 'a name for two volumes',
    set: (host) => host.put(BINDINGS, 'mpatha 36001\nmpatha 36002\n'),
    answer: 'warning',
    evidence: `${BINDINGS}: mpatha 36002`,
  },
  {
    when: 'two names for a volume',
    set: (host) => host.put(BINDINGS, 'mpatha 36001\nmpathb 36001\n'),
    answer: 'warning',
    advice: /Remove/,
  },
  { when: 'a file that may not be read', set: (host) => refuse(host, BINDINGS), answer: 'unknown' },
])

const greedy = { multipathd: 'running', findMultipaths: 'yes' } as const
rowsOf('multipath.maps', [
  { when: 'none', answer: 'ok', evidence: '/sys/class/block: no map' },
  { when: 'two paths', host: greedy, set: (host) => login(host, 2), answer: 'ok', evidence: '2 paths' },
  {
    when: 'a path that failed',
    host: greedy,
    set: async (host) => {
      await login(host, 2)
      host.storage.portal('192.0.2.1:3260', 'drop')
      await host.clock.advance(200_000)
    },
    answer: 'warning',
    evidence: /sd[ab] failed/,
    advice: /multipath -ll/,
  },
  {
    when: 'states that may not be read',
    host: greedy,
    set: async (host) => {
      await login(host, 2)
      host.faults.plant({ on: 'kernel.deviceMapper', times: 10, does: { fail: 'EACCES' } })
    },
    answer: 'note',
    summary: /cannot be read/,
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

const WWIDS = '/etc/multipath/wwids'
const GONE = '36001405aaaaaaaaaaaaaaaaaaaaaaaaa'
rowsOf('multipath.wwids', [
  { when: 'no file', answer: 'ok', evidence: `${WWIDS}: missing` },
  { when: 'only volumes that are there', host: greedy, set: (host) => login(host, 2), answer: 'ok', evidence: `${WWIDS}: 1 volumes` },
  {
    when: 'a volume that is gone',
    host: greedy,
    set: async (host) => {
      await login(host, 2)
      host.put(WWIDS, `${host.text(WWIDS) ?? ''}\n/${GONE}/\n`)
    },
    answer: 'note',
    summary: /remember 1 of 2 volumes/,
    evidence: `${WWIDS}: ${GONE}`,
    advice: /multipath -W/,
  },
  { when: 'a line that was removed', set: (host) => host.put(WWIDS, `# Valid WWIDs:\n#${GONE}/\n`), answer: 'ok', evidence: '0 volumes' },
  { when: 'a name that rules of udev give', set: (host) => host.put(WWIDS, '/SATA_disk_1/\n'), answer: 'ok', evidence: '1 volumes' },
  { when: 'a file that may not be read', set: (host) => refuse(host, WWIDS), answer: 'unknown' },
])

rowsOf('multipath.single-paths', [
  { when: 'one disk', set: (host) => login(host, 1), answer: 'ok', evidence: '/sys/bus/scsi/devices: 1 volumes' },
  { when: 'two disks in a map', host: greedy, set: (host) => login(host, 2), answer: 'ok' },
  { when: 'two disks without a map', set: (host) => login(host, 2), answer: 'warning', evidence: /: sda sdb$/, advice: /multipath -v3/ },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

rowsOf('multipath.identity', [
  { when: 'two paths of a volume', set: (host) => login(host, 2), answer: 'ok' },
  {
    when: 'two volumes with one WWID',
    set: async (host) => {
      host.storage.volume('data', { serial: 'SAME' })
      host.storage.volume('copy', { serial: 'SAME', sizeMb: 128 })
      host.storage.iscsi.target({ iqn: IQN, portals: ['192.0.2.1:3260'], luns: { 1: 'data', 2: 'copy' } })
      await logIn(host, '192.0.2.1:3260')
    },
    answer: 'problem',
    code: 'ERR_IDENTITY_CONFLICT',
    evidence: /sdb [0-9]+ bytes/,
    advice: /serial number/,
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

test('with maps, a run still only reads', async () => {
  const host = new FakeHost(greedy)
  await login(host, 2)
  const from = host.trace.length
  await doctor({ host })
  const calls = new Set(host.trace.slice(from).flatMap(({ pid, call }) => (pid === host.pid ? [call] : [])))
  expect(
    [...calls].filter(
      (call) =>
        !/^(files\.(read|readFiles|readBytes|list|stat|readLink|resolve)|locks\.holders|kernel\.(readTree|readChanged|deviceMapper))$/.test(
          call,
        ),
    ),
  ).toEqual([])
})
