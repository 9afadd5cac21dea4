/** The doctor's checks of programs, kernel modules and rules of udev. */
import { BrickworkError } from '../../../lib/index.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { refuse, rowsOf } from './rows.js'

rowsOf('tools.native', [
  { when: 'it loads', answer: 'ok' },
  {
    when: 'it does not load',
    host: { addon: false },
    answer: 'problem',
    code: 'ERR_NATIVE_UNAVAILABLE',
    evidence: 'addon: FakeHost was created without the native addon',
    advice: /scripts\/build\.mjs.*nativeDir/,
  },
  {
    when: 'a message with advice',
    set: (host) => {
      const answer = new BrickworkError(
        'ERR_NATIVE_UNAVAILABLE',
        "The addon can't be loaded\nTried: /a, /b\nTo compile it here: node x.mjs",
      )
      host.faults.plant({ on: 'kernel.readChanged', does: { answer } })
    },
    answer: 'problem',
    code: 'ERR_NATIVE_UNAVAILABLE',
    evidence: 'addon: Tried: /a, /b',
    advice: /^To compile it here: node x\.mjs$/,
  },
  {
    when: 'its answer is lost',
    set: (host) => void host.faults.plant({ on: 'kernel.readChanged', does: { fail: 'EIO' } }),
    answer: 'unknown',
  },
])

const without =
  (...programs: readonly string[]) =>
  (host: FakeHost) => {
    for (const program of programs) host.take(`/usr/sbin/${program}`)
  }
rowsOf('tools.multipath', [
  { when: 'installed', host: { multipathd: 'stopped' }, answer: 'ok', evidence: 'multipathd: /usr/sbin/multipathd' },
  {
    when: 'not installed',
    answer: 'warning',
    evidence: 'multipath: missing',
    advice: /apt-get install multipath-tools/,
    summary: /single path/,
  },
  {
    when: 'a folder that may not be read',
    set: (host) => void host.faults.plant({ on: 'files.resolve', matching: '/usr/sbin/multipath', times: 2, does: { fail: 'EACCES' } }),
    answer: 'unknown',
  },
])
for (const [id, program] of [
  ['tools.modprobe', 'modprobe'],
  ['tools.getent', 'getent'],
] as const)
  rowsOf(id, [
    { when: 'installed', answer: 'ok', evidence: `${program}: /usr/sbin/${program}` },
    {
      when: 'installed elsewhere',
      set: (host) => {
        without(program)(host)
        host.put(`/run/current-system/sw/bin/${program}`, 'ELF')
      },
      answer: 'ok',
    },
    { when: 'not installed', set: without(program), answer: 'warning', evidence: `${program}: missing` },
  ])
rowsOf('tools.nsenter', [
  { when: 'no namespaces', answer: 'ok' },
  {
    when: 'the namespaces of another process',
    set: (host) => void Object.assign(host, { view: { root: '/host', namespaces: 1 } }),
    answer: 'note',
    evidence: 'namespaces: 1',
    advice: /nsenter/,
  },
])

const DEP = '/lib/modules/6.1.0-fake/modules.dep'
for (const [name, answer, code] of [
  ['sd_mod', 'problem', 'ERR_TIMEOUT'],
  ['sg', 'warning', undefined],
  ['dm_multipath', 'warning', undefined],
] as const) {
  const gone = (host: FakeHost) => void host.take(`/sys/module/${name}`)
  rowsOf(`modules.${name.replaceAll('_', '-')}`, [
    { when: 'loaded', set: (host) => host.putDirectory(`/sys/module/${name}`), answer: 'ok', evidence: `/sys/module/${name}: present` },
    { when: 'installed', set: gone, answer: 'ok', evidence: `${DEP}: ${name}` },
    {
      when: 'built in',
      set: (host) => {
        gone(host)
        host.put(DEP, '')
        host.put('/lib/modules/6.1.0-fake/modules.builtin', `kernel/drivers/x/${name.replaceAll('_', '-')}.ko\nkernel/fs/ext4/ext4.ko\n`)
      },
      answer: 'ok',
      evidence: `modules.builtin: ${name}`,
    },
    {
      when: 'not installed',
      set: (host) => {
        gone(host)
        host.put(DEP, `kernel/drivers/not_${name}.ko.xz: kernel/drivers/${name}x.ko.xz\n`)
      },
      answer,
      ...(code === undefined ? {} : { code }),
      evidence: `/sys/module/${name}: missing`,
      advice: new RegExp(`modprobe ${name}`),
    },
    {
      when: 'no modules to be seen',
      set: (host) => {
        gone(host)
        host.take('/lib/modules')
      },
      answer: 'unknown',
    },
  ])
}

rowsOf('modules.directory', [
  { when: 'there', answer: 'ok', evidence: '/lib/modules/6.1.0-fake: 7 modules, 0 built in' },
  {
    when: 'only that of the next kernel',
    set: (host) => {
      host.take('/lib/modules/6.1.0-fake')
      host.put('/lib/modules/6.12.0-next/modules.dep', '')
    },
    answer: 'warning',
    evidence: '/lib/modules: 6.12.0-next',
    advice: /Reboot/,
  },
  { when: 'none', set: (host) => void host.take('/lib/modules'), answer: 'note' },
  { when: 'a list that may not be read', set: (host) => refuse(host, 'modules.dep'), answer: 'unknown' },
])

const BLOCK = 'install iscsi-tcp /bin/false\n'
rowsOf('modules.blocked', [
  { when: 'nothing', answer: 'ok' },
  {
    when: 'another module, a comment and a blacklist',
    set: (host) => host.put('/etc/modprobe.d/cis.conf', 'install cramfs /bin/true\n# install sg /bin/false\nblacklist sg\n'),
    answer: 'ok',
  },
  {
    when: 'a module that is loaded',
    set: (host) => host.put('/etc/modprobe.d/cis.conf', BLOCK),
    answer: 'note',
    evidence: '/etc/modprobe.d/cis.conf: install iscsi-tcp /bin/false',
  },
  {
    when: 'a module that is not',
    set: (host) => {
      host.put('/usr/lib/modprobe.d/hardening.conf', 'install dm-multipath /usr/bin/true\n')
      host.take('/sys/module/dm_multipath')
    },
    answer: 'warning',
    evidence: '/usr/lib/modprobe.d/hardening.conf: install dm-multipath',
    advice: /hardening\.conf/,
  },
  {
    when: 'a folder that may not be read',
    set: (host) => refuse(host, '/etc/modprobe.d', 'files.list'),
    answer: 'unknown',
  },
])

const RULES = '/usr/lib/udev/rules.d'
rowsOf('udev.rules', [
  { when: 'installed', answer: 'ok', evidence: '60-persistent-storage.rules: 60-persistent-storage.rules' },
  {
    when: 'without those of multipath',
    host: { multipathd: 'stopped' },
    set: (host) => void host.take(`${RULES}/60-multipath.rules`),
    answer: 'warning',
    evidence: '60-multipath.rules: missing',
    advice: /multipath-tools/,
  },
  {
    when: 'with those of multipath',
    host: { multipathd: 'stopped' },
    answer: 'ok',
    evidence: '68-del-part-nodes.rules: 68-del-part-nodes.rules',
  },
  {
    when: 'without the one that removes partitions of paths',
    host: { multipathd: 'stopped' },
    set: (host) => void host.take(`${RULES}/68-del-part-nodes.rules`),
    answer: 'warning',
    summary: /68-del-part-nodes\.rules \(partitions of paths stay/,
    evidence: '68-del-part-nodes.rules: missing',
    advice: /kpartx/,
  },
  {
    when: 'without the one that removes partitions, and without multipath-tools',
    set: (host) => void host.take(`${RULES}/68-del-part-nodes.rules`),
    answer: 'ok',
  },
  { when: 'without those of a program that is not installed', set: (host) => void host.take(`${RULES}/60-multipath.rules`), answer: 'ok' },
  { when: 'none', set: (host) => void host.take(RULES), answer: 'note' },
  { when: 'a folder that may not be read', set: (host) => refuse(host, RULES, 'files.list'), answer: 'unknown' },
])
const OVER = '/etc/udev/rules.d/60-persistent-storage.rules'
rowsOf('udev.replaced-rules', [
  { when: 'none', answer: 'ok' },
  { when: 'rules of other things', set: (host) => host.put('/etc/udev/rules.d/99-mine.rules', ''), answer: 'ok' },
  { when: 'replaced', set: (host) => host.put(OVER, 'KERNEL=="sd*"\n'), answer: 'note', evidence: `${OVER}: present` },
  {
    when: 'a link to /dev/null',
    set: (host) => host.putLink(OVER, '/dev/null'),
    answer: 'warning',
    evidence: `${OVER}: a link to /dev/null`,
  },
  {
    when: 'empty',
    set: (host) => host.put(OVER, '\n'),
    answer: 'warning',
    evidence: `${OVER}: empty`,
    advice: /\(rm \/etc\/udev\/rules\.d\/60-persistent-storage\.rules;/,
  },
  {
    when: 'the one that removes partitions of paths, empty',
    set: (host) => host.put('/etc/udev/rules.d/68-del-part-nodes.rules', ''),
    answer: 'warning',
    evidence: '68-del-part-nodes.rules: empty',
  },
  { when: 'a folder that may not be read', set: (host) => refuse(host, '/etc/udev/rules.d', 'files.list'), answer: 'unknown' },
])
