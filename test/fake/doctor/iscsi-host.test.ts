/** The doctor's checks of how open-iscsi fits into its host: names that hosts share, scans, shutdown, versions. */
import { MARK } from '../../../lib/linux/iscsi/record.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { IQN, login, refuse, rowsOf } from './rows.js'

const RECORD = `/etc/iscsi/nodes/${IQN}/192.0.2.1,3260,1/default`
/** A session through a record with these lines changed. */
const session = (change: (text: string) => string) => async (host: FakeHost) => {
  await login(host, 1)
  host.put(RECORD, `${change(host.text(RECORD) ?? '')}\n`)
}
rowsOf('iscsi.scan', [
  { when: 'no session', answer: 'ok', evidence: '/sys/class/iscsi_session: 0 sessions' },
  {
    when: 'a session of another program, as open-iscsi is shipped',
    set: session((text) => text),
    answer: 'note',
    evidence: `${RECORD}: node.session.scan = auto; session 1 to ${IQN}`,
    advice: /-p 192\.0\.2\.1:3260 -o update -n node\.session\.scan -v manual/,
  },
  {
    when: 'a record of an older open-iscsi',
    set: session((text) => text.replace(/^node\.session\.scan.*\n/m, '')),
    answer: 'note',
    evidence: 'node.session.scan = not set',
  },
  { when: 'a session that scans nothing', set: session((text) => text.replace('scan = auto', 'scan = manual')), answer: 'ok' },
  { when: 'a session of Brickwork', set: session((text) => `${MARK}\n${text}`), answer: 'ok' },
  { when: 'records that may not be read', set: (host) => refuse(host, '/etc/iscsi/nodes', 'files.list'), answer: 'unknown' },
])

rowsOf('iscsi.unrecorded-sessions', [
  { when: 'no session', answer: 'ok', evidence: '/sys/class/iscsi_session: 0 sessions' },
  { when: 'a session with its record', set: session((text) => text), answer: 'ok', evidence: '1 sessions' },
  {
    when: 'a session whose record was removed',
    set: async (host) => {
      await login(host, 2)
      host.take(RECORD)
    },
    answer: 'note',
    summary: /^1 of 2 sessions/,
    evidence: `/sys/class/iscsi_session/session1: ${IQN} at 192.0.2.1:3260 by default`,
    advice: /-m session -r 1 -u/,
  },
  {
    when: 'a session whose record is of another iface',
    set: session((text) => `${text}\niface.iscsi_ifacename = other`),
    answer: 'note',
  },
  {
    when: 'no database at all',
    set: async (host) => {
      await login(host, 1)
      for (const name of host.names('/etc/iscsi')) host.take(`/etc/iscsi/${name}`)
      host.take('/etc/iscsi')
    },
    answer: 'unknown',
    evidence: '/etc/iscsi: no database',
  },
  { when: 'records that may not be read', set: (host) => refuse(host, '/etc/iscsi/nodes', 'files.list'), answer: 'unknown' },
])

const NAME = '/etc/iscsi/initiatorname.iscsi'
rowsOf('iscsi.name-default', [
  { when: 'a name of its own', answer: 'ok', evidence: `${NAME}: InitiatorName=iqn.2004-10.example:fake-host` },
  {
    when: 'that of a sample file',
    set: (host) => host.put(NAME, 'InitiatorName=iqn.1994-05.com.domain:01.89bd01\n'),
    answer: 'warning',
    evidence: 'com.domain:01.89bd01',
    advice: /iscsi-iname/,
  },
  {
    when: 'that of a documentation',
    set: (host) => host.put(NAME, 'InitiatorName=iqn.2001-04.com.example:host1\n'),
    answer: 'warning',
  },
  {
    when: 'one that came with the image',
    set: async (host) => {
      await host.clock.advance(2 * 86_400_000)
      host.put('/etc/machine-id', '0123456789abcdef0123456789abcdef\n')
    },
    answer: 'note',
    evidence: `${NAME}: written 2 days before /etc/machine-id`,
    advice: /Compare it/,
  },
  { when: 'none yet', set: (host) => void host.take(NAME), answer: 'unknown', evidence: `${NAME}: missing` },
  { when: 'a file that may not be read', set: (host) => refuse(host, NAME), answer: 'unknown' },
])

const LINK = '/etc/systemd/system/sysinit.target.wants/open-iscsi.service'
rowsOf('host.shutdown', [
  { when: 'as Debian installs it', answer: 'ok', evidence: `${LINK}: enabled` },
  {
    when: 'as Fedora installs it',
    set: (host) => {
      host.take(LINK)
      host.take('/lib/systemd/system/open-iscsi.service')
      host.putLink('/usr/lib/systemd/system/iscsid.service.wants/iscsi-shutdown.service', '../iscsi-shutdown.service')
    },
    answer: 'ok',
    evidence: 'iscsid.service.wants/iscsi-shutdown.service: enabled',
  },
  {
    when: 'not enabled',
    set: (host) => void host.take(LINK),
    answer: 'warning',
    evidence: 'open-iscsi.service: installed, not enabled',
    advice: /systemctl enable open-iscsi\.service/,
  },
  {
    when: 'masked',
    set: (host) => host.putLink('/etc/systemd/system/open-iscsi.service', '/dev/null'),
    answer: 'warning',
    evidence: 'open-iscsi.service: masked',
    advice: /systemctl unmask/,
  },
  { when: 'another init system', set: (host) => void host.take('/run/systemd/system'), answer: 'note', advice: /logoutall/ },
  { when: 'no open-iscsi', set: (host) => void host.take('/usr/sbin/iscsiadm'), answer: 'ok', evidence: 'iscsiadm: missing' },
  {
    when: 'units of other names',
    set: (host) => {
      host.take(LINK)
      host.take('/lib/systemd/system/open-iscsi.service')
    },
    answer: 'unknown',
    evidence: 'open-iscsi.service: missing',
  },
  {
    when: 'a folder that may not be read',
    set: (host) => refuse(host, '/etc/systemd/system', 'files.list'),
    answer: 'unknown',
  },
])

const DPKG = '/var/lib/dpkg/status'
rowsOf('tools.versions', [
  { when: 'as tested', answer: 'ok', evidence: `${DPKG} open-iscsi: 2.1.8` },
  { when: 'with multipath-tools', host: { multipathd: 'stopped' }, answer: 'ok', evidence: `${DPKG} multipath-tools: 0.9.4` },
  { when: 'no program', set: (host) => ['iscsiadm', 'iscsid'].forEach((name) => host.take(`/usr/sbin/${name}`)), answer: 'ok' },
  {
    when: 'a version that hangs',
    host: { openIscsiVersion: '2.1.10' },
    answer: 'warning',
    evidence: 'open-iscsi: 2.1.10',
    summary: /never answers/,
    advice: /2\.1\.11/,
  },
  {
    when: 'an older version',
    host: { openIscsiVersion: '2.1.5' },
    answer: 'note',
    summary: /2\.1\.5 is not tested; 2\.1\.8 to 2\.1\.11 are/,
  },
  { when: 'a newer version', host: { openIscsiVersion: '2.2.0' }, answer: 'note', summary: /not tested/ },
  {
    when: 'of Alpine',
    set: (host) => {
      host.take(DPKG)
      host.put('/lib/apk/db/installed', 'C:Q1x\nP:open-iscsi\nV:2.1.9-r1\n')
    },
    answer: 'ok',
    evidence: '/lib/apk/db/installed open-iscsi: 2.1.9',
  },
  {
    when: 'of Arch',
    set: (host) => {
      host.take(DPKG)
      host.putDirectory('/var/lib/pacman/local/open-iscsi-2.1.11-1')
    },
    answer: 'ok',
    evidence: '/var/lib/pacman/local open-iscsi: 2.1.11',
  },
  {
    when: 'a database that is no text',
    set: (host) => void host.take(DPKG),
    answer: 'note',
    evidence: 'open-iscsi: version unknown',
    advice: /--deep/,
  },
  {
    when: 'a database that is no text, with deep',
    set: (host) => void host.take(DPKG),
    options: { deep: true },
    answer: 'ok',
    evidence: 'iscsiadm --version: 2.1.8',
  },
  { when: 'a database that may not be read', set: (host) => refuse(host, DPKG), answer: 'unknown' },
])
