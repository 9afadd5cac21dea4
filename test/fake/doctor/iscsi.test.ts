/** The doctor's checks of open-iscsi, its sessions and its records. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { IQN, login, refuse, rowsOf } from './rows.js'

const stat = (pid: number, command: string, state: string) =>
  `${pid} (${command}) ${state} 1 ${pid} ${pid} 0 -1 ${'0 '.repeat(13)}${pid} 0 0\n`
const without = (program: string) => (host: FakeHost) => void host.take(`/usr/sbin/${program}`)

rowsOf('iscsi.programs', [
  { when: 'installed', answer: 'ok', evidence: 'iscsiadm: /usr/sbin/iscsiadm' },
  {
    when: 'no iscsiadm',
    set: without('iscsiadm'),
    answer: 'problem',
    code: 'ERR_TOOL_MISSING',
    evidence: 'iscsiadm: missing',
    advice: /apt-get install open-iscsi/,
  },
  { when: 'no iscsid', set: without('iscsid'), answer: 'problem', code: 'ERR_DAEMON_UNREACHABLE', evidence: 'iscsid: missing' },
  {
    when: 'a folder that may not be read',
    set: (host) => void host.faults.plant({ on: 'files.resolve', matching: '/usr/sbin/iscsiadm', times: 9, does: { fail: 'EACCES' } }),
    answer: 'unknown',
  },
])

rowsOf('iscsi.iscsi-tcp', [
  { when: 'loaded', answer: 'ok', evidence: '/sys/module/iscsi_tcp: present' },
  { when: 'installed', set: (host) => void host.take('/sys/module/iscsi_tcp'), answer: 'ok', evidence: 'modules.dep: iscsi_tcp' },
  {
    when: 'not installed',
    set: (host) => {
      host.take('/sys/module/iscsi_tcp')
      host.put('/lib/modules/6.1.0-fake/modules.dep', 'kernel/drivers/scsi/sg.ko:\n')
    },
    answer: 'problem',
    code: 'ERR_TOOL_FAILED',
    advice: /modprobe iscsi_tcp/,
  },
  {
    when: 'no modules to be seen',
    set: (host) => {
      host.take('/sys/module/iscsi_tcp')
      host.take('/lib/modules')
    },
    answer: 'unknown',
  },
])

const NAME = '/etc/iscsi/initiatorname.iscsi'
rowsOf('iscsi.initiator-name', [
  { when: 'one', answer: 'ok', evidence: `${NAME}: InitiatorName=iqn.2004-10.example:fake-host` },
  {
    when: 'no file',
    set: (host) => void host.take(NAME),
    answer: 'problem',
    code: 'ERR_TOOL_FAILED',
    evidence: `${NAME}: missing`,
    advice: /iscsi-iname/,
  },
  {
    when: 'only comments',
    set: (host) => host.put(NAME, '# InitiatorName=iqn.2004-10.example:x\n'),
    answer: 'problem',
    code: 'ERR_TOOL_FAILED',
  },
  {
    when: 'not generated yet',
    set: (host) => host.put(NAME, 'GenerateName=yes\n'),
    answer: 'warning',
    evidence: `${NAME}: GenerateName=yes`,
    advice: /systemctl restart iscsid/,
  },
  {
    when: 'several',
    set: (host) => host.put(NAME, 'InitiatorName=iqn.2004-10.example:a\nInitiatorName=iqn.2004-10.example:b\n'),
    answer: 'warning',
    evidence: 'example:b',
  },
  { when: 'malformed', set: (host) => host.put(NAME, 'InitiatorName=my host\n'), answer: 'warning', evidence: 'InitiatorName=my' },
  { when: 'a file that may not be read', set: (host) => refuse(host, NAME), answer: 'unknown' },
])

const pidOf = (host: FakeHost) => host.text('/run/iscsid.pid') ?? ''
rowsOf('iscsi.daemon', [
  { when: 'it runs', answer: 'ok', evidence: /^\/proc\/[0-9]+\/stat: S$/ },
  {
    when: 'its socket starts it',
    host: { iscsid: false },
    set: (host) => host.put('/proc/1/net/unix', '0: 00000002 0 00010000 0001 01 1 @ISCSIADM_ABSTRACT_NAMESPACE\n'),
    answer: 'ok',
    evidence: '/proc/1/net/unix: @ISCSIADM',
  },
  {
    when: 'iscsiadm starts it',
    host: { iscsid: false },
    set: (host) => host.put('/etc/iscsi/iscsid.conf', 'iscsid.startup = /bin/systemctl start iscsid.socket\n'),
    answer: 'note',
    evidence: 'iscsid.startup = /bin/systemctl',
  },
  {
    when: 'nothing starts it',
    host: { iscsid: false },
    answer: 'problem',
    code: 'ERR_DAEMON_UNREACHABLE',
    evidence: '/run/iscsid.pid: missing',
    advice: /systemctl enable --now iscsid/,
  },
  {
    when: 'stopped by a signal',
    set: (host) => host.put(`/proc/${pidOf(host)}/stat`, stat(Number(pidOf(host)), 'iscsid', 'T')),
    answer: 'problem',
    code: 'ERR_DAEMON_UNREACHABLE',
    advice: /kill -CONT/,
  },
  {
    when: 'updated and not restarted',
    set: (host) => host.putLink(`/proc/${pidOf(host)}/exe`, '/usr/sbin/iscsid (deleted)'),
    answer: 'warning',
    evidence: 'exe: /usr/sbin/iscsid (deleted)',
  },
  { when: '/proc that may not be read', set: (host) => refuse(host, '/proc', 'kernel.readTree'), answer: 'unknown' },
])

function second(host: FakeHost, namespace: string): void {
  host.put('/proc/900/stat', stat(900, 'iscsid', 'S'))
  host.putLink('/proc/900/ns/mnt', namespace)
}
rowsOf('iscsi.one-daemon', [
  { when: 'one', answer: 'ok' },
  { when: 'its second process', set: (host) => second(host, 'mnt:[4026531841]'), answer: 'ok' },
  {
    when: 'another in a container',
    set: (host) => second(host, 'mnt:[4026532999]'),
    answer: 'warning',
    evidence: '/proc/900/ns/mnt: mnt:[4026532999]',
    advice: /on the host only/,
  },
  { when: '/proc that may not be read', set: (host) => refuse(host, '/proc', 'kernel.readTree'), answer: 'unknown' },
])

const CONF = '/etc/iscsi/iscsid.conf'
const TIMEOUT = 'node.session.timeo.replacement_timeout'
const INTERVAL = 'node.conn[0].timeo.noop_out_interval'
rowsOf('iscsi.settings', [
  { when: 'as shipped, without multipath', answer: 'ok', evidence: `${CONF}: ${TIMEOUT} = 120` },
  {
    when: 'as shipped, with multipath',
    host: { multipathd: 'stopped' },
    answer: 'note',
    summary: /120 s/,
    advice: /replacementTimeoutSec/,
  },
  { when: 'for multipath', host: { multipathd: 'stopped' }, set: (host) => host.put(CONF, `${TIMEOUT} = 15\n`), answer: 'ok' },
  {
    when: 'for ever',
    host: { multipathd: 'stopped' },
    set: (host) => host.put(CONF, `${TIMEOUT} = -1\n`),
    answer: 'note',
    summary: /for ever/,
  },
  {
    when: 'automatic startup',
    set: (host) => host.put(CONF, 'node.startup = automatic\n'),
    answer: 'warning',
    evidence: 'node.startup = automatic',
    advice: /manual/,
  },
  {
    when: 'no pings',
    set: (host) => host.put(CONF, `${INTERVAL} = 0\nnode.conn[0].timeo.noop_out_timeout = 0\n`),
    answer: 'warning',
    evidence: `${CONF}: ${INTERVAL} = 0`,
    summary: /dead portal/,
    advice: /set node\.conn\[0\]\.timeo\.noop_out_interval and .* to 5 s/,
  },
  { when: 'pings of an interval that the kernel chooses', set: (host) => host.put(CONF, `${INTERVAL} = 0\n`), answer: 'ok' },
  { when: 'many attempts of a login', answer: 'ok', evidence: `${CONF}: node.session.initial_login_retry_max = 8` },
  { when: 'no file', set: (host) => void host.take(CONF), answer: 'note', evidence: `${CONF}: missing` },
  { when: 'a file that may not be read', set: (host) => refuse(host, CONF), answer: 'unknown' },
])

const LOCKS = '/run/lock/iscsi'
rowsOf('iscsi.lock', [
  { when: 'free', answer: 'ok', evidence: `${LOCKS}: mode 0770, owner 0` },
  { when: 'no directory', set: (host) => void host.take(LOCKS), answer: 'ok', evidence: `${LOCKS}: missing` },
  { when: 'in use', set: (host) => host.put(`${LOCKS}/lock.write`, ''), answer: 'ok', summary: /in use/ },
  {
    when: 'just taken, by a link to the file that is as old as the boot',
    set: async (host) => {
      await host.clock.advance(90_000)
      const link = { type: 'file', mode: 0o660, uid: 0, device: undefined, modifiedMs: 0, changedMs: host.clock.wallMs() }
      host.put('/proc/901/stat', stat(901, 'iscsiadm', 'S'))
      host.faults.plant({ on: 'files.stat', matching: 'lock.write', times: 9, does: { answer: link } })
    },
    answer: 'ok',
    summary: /in use/,
  },
  {
    when: 'left by a killed process',
    set: async (host) => {
      host.put(`${LOCKS}/lock.write`, '')
      await host.clock.advance(90_000)
    },
    answer: 'warning',
    evidence: `${LOCKS}/lock.write: held for 90 s`,
    advice: /rm \/run\/lock\/iscsi\/lock\.write/,
  },
  {
    when: 'held by an iscsiadm that waits',
    set: async (host) => {
      host.put(`${LOCKS}/lock.write`, '')
      host.put('/proc/901/stat', stat(901, 'iscsiadm', 'D'))
      await host.clock.advance(90_000)
    },
    answer: 'warning',
    evidence: '/proc/901: iscsiadm',
    advice: /\/stack/,
  },
  { when: 'open to others', set: (host) => host.putDirectory(LOCKS, 0o777), answer: 'ok' },
  {
    when: 'a directory of others',
    set: (host) => {
      host.take(LOCKS)
      host.putDirectory(LOCKS, 0o777)
    },
    answer: 'problem',
    code: 'ERR_STATE',
    evidence: `${LOCKS}: mode 0777, owner 0`,
  },
  {
    when: 'a directory that cannot be queried',
    set: (host) => void host.faults.plant({ on: 'files.stat', matching: LOCKS, times: 2, does: { fail: 'EACCES' } }),
    answer: 'unknown',
  },
])

rowsOf('iscsi.sessions', [
  { when: 'none', answer: 'ok', evidence: '/sys/class/iscsi_session: 0 sessions' },
  { when: 'one', set: (host) => login(host, 1), answer: 'ok', evidence: '1 sessions' },
  {
    when: 'one that was lost',
    set: async (host) => {
      await login(host, 1)
      host.put('/sys/class/iscsi_session/session1/state', 'FAILED\n')
    },
    answer: 'warning',
    evidence: `/sys/class/iscsi_session/session1/state: FAILED ${IQN} at 192.0.2.1:3260`,
    advice: /journalctl -u iscsid/,
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

rowsOf('iscsi.duplicate-sessions', [
  { when: 'one for each portal', set: (host) => login(host, 2), answer: 'ok' },
  {
    when: 'two to one portal',
    set: async (host) => {
      await login(host, 2)
      host.put('/sys/class/iscsi_connection/connection2:0/persistent_address', '192.0.2.1\n')
    },
    answer: 'note',
    evidence: 'by default: sessions 1, 2',
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

const RECORD = `/etc/iscsi/nodes/${IQN}/192.0.2.9,3260,1/default`
const record = (text: string) => (host: FakeHost) => host.put(RECORD, text)
const GOOD = 'node.name = x\nnode.conn[0].address = 192.0.2.9\n'
rowsOf('iscsi.records', [
  { when: 'none', answer: 'ok', evidence: 'nodes: 0 records' },
  { when: 'a good one', set: record(GOOD), answer: 'ok', evidence: 'nodes: 1 records' },
  { when: 'an empty one', set: record(''), answer: 'warning', evidence: `${RECORD}: empty`, advice: /Remove/ },
  {
    when: 'one that was cut off',
    set: record('# BEGIN RECORD 2.1\nnode.name = x\n'),
    answer: 'warning',
    evidence: `${RECORD}: no node.conn[0].address`,
  },
  { when: 'one without a name', set: record('node.tpgt = 1\n'), answer: 'warning', evidence: `${RECORD}: no node.name` },
  { when: 'a folder that may not be read', set: (host) => refuse(host, '/etc/iscsi/nodes', 'files.list'), answer: 'unknown' },
])

rowsOf('iscsi.automatic-records', [
  { when: 'manual', set: record(`${GOOD}node.startup = manual\n`), answer: 'ok' },
  {
    when: 'automatic',
    set: record(`${GOOD}node.startup = automatic\n`),
    answer: 'note',
    evidence: `${RECORD}: node.startup = automatic`,
    advice: /-v manual/,
  },
  { when: 'a folder that may not be read', set: (host) => refuse(host, '/etc/iscsi/nodes', 'files.list'), answer: 'unknown' },
])

rowsOf('iscsi.databases', [
  { when: 'one', answer: 'ok', evidence: '/etc/iscsi: a database' },
  { when: 'two', host: { secondDatabase: 'empty' }, answer: 'note', evidence: '/var/lib/iscsi: a database' },
  {
    when: 'folders that may not be queried',
    set: (host) => void host.faults.plant({ on: 'files.stat', matching: '/var/lib/iscsi', times: 5, does: { fail: 'EACCES' } }),
    answer: 'unknown',
  },
])
