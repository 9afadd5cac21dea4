/** The doctor's checks of Brickwork's own directories. */
import { formatEntry } from '../../../lib/operation/entry-text.js'
import type { Entry } from '../../../lib/operation/entry.js'
import type { LockUser } from '../../../lib/core/lock-note.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { entryOf } from '../../unit/operation/entries.js'
import { refuse, rowsOf } from './rows.js'

const STATE = '/var/lib/brickwork'
const RUN = '/run/brickwork'
const boot = (host: FakeHost) => host.text('/proc/sys/kernel/random/boot_id') ?? ''
const journal = (host: FakeHost, id: string, more: Partial<Entry> = {}) =>
  host.put(`${STATE}/attachments/${id}.json`, formatEntry(entryOf(id, { boot: boot(host), ...more })))
const claim = (host: FakeHost, id: string, more: Partial<Entry> = {}) =>
  host.put(`${RUN}/claims/${id}.json`, formatEntry(entryOf(id, { boot: boot(host), ...more })))
const mounts = (host: FakeHost, ...lines: readonly string[]) =>
  host.put('/proc/1/mountinfo', ['22 1 254:1 / / rw - ext4 /dev/vda1 rw', '25 22 0:23 / /run rw - tmpfs tmpfs rw', ...lines, ''].join('\n'))

const each = (...acts: readonly (() => void)[]) => {
  for (const act of acts) act()
}

rowsOf('state.directory', [
  { when: 'missing', answer: 'ok', evidence: `${STATE}: missing`, summary: /first attach creates it/ },
  { when: 'on the disk', set: (host) => host.putDirectory(STATE, 0o700), answer: 'ok', evidence: '/proc/1/mountinfo: / ext4 rw' },
  {
    when: 'open to others',
    set: (host) => host.putDirectory(STATE, 0o755),
    answer: 'warning',
    evidence: `${STATE}: mode 0755`,
    advice: /chmod 700/,
  },
  {
    when: 'in memory',
    set: (host) => mounts(host, '40 22 0:40 / /var/lib rw - tmpfs tmpfs rw'),
    answer: 'warning',
    evidence: '/proc/1/mountinfo: /var/lib tmpfs rw',
    advice: /stateDir/,
  },
  {
    when: "in a container's layer",
    set: (host) => host.put('/proc/1/mountinfo', '22 1 0:50 / / rw - overlay overlay rw\n'),
    answer: 'warning',
  },
  {
    when: 'read-only',
    set: (host) => mounts(host, '40 22 254:2 / /var ro - ext4 /dev/vda2 ro'),
    answer: 'problem',
    code: 'ERR_STATE',
    evidence: '/proc/1/mountinfo: /var ext4 ro',
    advice: /read-write/,
  },
  {
    when: 'a file in the way',
    set: (host) => host.put(STATE, 'a file'),
    answer: 'problem',
    code: 'ERR_STATE',
    evidence: `${STATE}: file`,
  },
  { when: 'mounts of process 1 that may not be read', set: (host) => refuse(host, '/proc/1/mountinfo'), answer: 'ok' },
  { when: 'no mounts that may be read', set: (host) => refuse(host, 'mountinfo'), answer: 'unknown' },
])

rowsOf('state.run-directory', [
  { when: 'on tmpfs', answer: 'ok', evidence: '/proc/1/mountinfo: /run tmpfs rw' },
  {
    when: 'on a disk',
    options: { runDir: '/var/lib/brickwork-run' },
    answer: 'warning',
    evidence: '/proc/1/mountinfo: / ext4 rw',
    advice: /--run-dir/,
  },
  {
    when: 'read-only',
    set: (host) => host.put('/proc/1/mountinfo', '22 1 254:1 / / rw - ext4 /dev/vda1 rw\n25 22 0:23 / /run ro - tmpfs tmpfs ro\n'),
    answer: 'problem',
    code: 'ERR_STATE',
  },
  { when: 'no mounts that may be read', set: (host) => refuse(host, 'mountinfo'), answer: 'unknown' },
])

for (const [id, folder, put] of [
  ['state.journal', `${STATE}/attachments`, journal],
  ['state.claims', `${RUN}/claims`, claim],
] as const)
  rowsOf(id, [
    { when: 'none', answer: 'ok', evidence: `${folder}: 0 entries` },
    {
      when: 'two',
      set: (host) =>
        each(
          () => put(host, 'one'),
          () => put(host, 'two'),
        ),
      answer: 'ok',
      evidence: `${folder}: 2 entries`,
    },
    {
      when: 'a torn file',
      set: (host) =>
        each(
          () => put(host, 'one'),
          () => host.put(`${folder}/two.json`, '{"schema": 2, "id": '),
        ),
      answer: 'problem',
      code: 'ERR_STATE',
      evidence: `${folder}/two.json: is not JSON`,
    },
    {
      when: 'a file of a newer version',
      set: (host) => host.put(`${folder}/two.json`, '{"schema": 99}'),
      answer: 'problem',
      code: 'ERR_STATE',
      evidence: 'newer version (schema 99',
    },
    { when: 'a directory that may not be read', set: (host) => refuse(host, folder, 'files.list'), answer: 'unknown' },
  ])

rowsOf('state.interrupted', [
  { when: 'an attachment of this boot', set: (host) => journal(host, 'one'), answer: 'ok' },
  { when: 'an attach of a process that runs', set: (host) => journal(host, 'one', { state: 'attaching', pid: host.pid }), answer: 'ok' },
  {
    when: 'an attach of a process that has ended',
    set: (host) => journal(host, 'one', { state: 'attaching', pid: 99_999 }),
    answer: 'warning',
    evidence: 'one: attaching, by process 99999, which has ended',
    advice: /brickwork recover --dry-run/,
  },
  {
    when: 'an attachment of an earlier boot',
    set: (host) => journal(host, 'one', { boot: 'another' }),
    answer: 'warning',
    evidence: 'one: attached, in an earlier boot',
  },
  {
    when: 'a detached volume of an earlier boot',
    set: (host) => journal(host, 'one', { boot: 'another', state: 'detached' }),
    answer: 'ok',
  },
  { when: 'a journal that may not be read', set: (host) => refuse(host, STATE, 'files.list'), answer: 'unknown' },
])

const login = (untilMs: number) => ({ kind: 'login', key: 'login x', untilMs, data: {} })
rowsOf('state.pending', [
  { when: 'none', set: (host) => journal(host, 'one'), answer: 'ok' },
  {
    when: 'a login that may still succeed',
    set: (host) => journal(host, 'one', { pending: [login(host.clock.wallMs() + 60_000)] }),
    answer: 'ok',
  },
  {
    when: 'a login that should have ended',
    set: (host) => journal(host, 'one', { pending: [login(host.clock.wallMs() - 1000)] }),
    answer: 'warning',
    evidence: 'one: login, overdue',
    advice: /brickwork recover/,
  },
  { when: 'a journal that may not be read', set: (host) => refuse(host, STATE, 'files.list'), answer: 'unknown' },
])

rowsOf('state.owners', [
  {
    when: 'only one',
    set: (host) =>
      each(
        () => journal(host, 'one'),
        () => claim(host, 'one'),
      ),
    answer: 'ok',
  },
  {
    when: 'two',
    set: (host) =>
      each(
        () => journal(host, 'one'),
        () => claim(host, 'one'),
        () => claim(host, 'two', { owner: 'nova' }),
      ),
    answer: 'note',
    evidence: '/run/brickwork/claims: nova: 1 claim',
  },
  { when: 'claims that may not be read', set: (host) => refuse(host, RUN, 'files.list'), answer: 'unknown' },
])

const LOCKS = `${RUN}/locks`
const USER = { owner: 'agent', id: 'vol-1', operation: 'detach' } as const
const take = (host: FakeHost, user?: LockUser) => host.locks.take(LOCKS, 'attachment agent vol-1', new AbortController().signal, user)

rowsOf('state.locks', [
  { when: 'none', answer: 'ok', evidence: `${LOCKS}: no lock that is held` },
  {
    when: 'one that is free again',
    set: async (host) => {
      await (await take(host, USER)).release()
      await host.clock.advance(400_000)
    },
    answer: 'ok',
    summary: /No process/,
  },
  {
    when: 'one of an operation that runs',
    set: async (host) => {
      await take(host, USER)
      await host.clock.advance(60_000)
    },
    answer: 'ok',
    evidence: /detach of attachment "vol-1" \(owner "agent"\), for 60 s$/,
  },
  {
    when: 'one that a process keeps',
    set: async (host) => {
      await take(host, USER)
      await host.clock.advance(301_000)
    },
    answer: 'warning',
    evidence: /\.lock: process [0-9]+ \(\S+\), detach of attachment "vol-1" \(owner "agent"\), for 301 s$/,
    summary: /attachment "vol-1" wait/,
    advice: /kill [0-9]+/,
  },
  {
    when: 'one that says nothing',
    set: async (host) => {
      await take(host)
    },
    answer: 'note',
    evidence: /\.lock: process [0-9]+/,
  },
  {
    when: 'a directory that may not be read',
    set: (host) => void host.faults.plant({ on: 'locks.holders', does: { fail: 'EACCES' } }),
    answer: 'unknown',
    summary: /may not be read/,
  },
])
