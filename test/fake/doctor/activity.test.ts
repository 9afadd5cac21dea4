/** The doctor's checks of what goes on on the host. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { refuse, rowsOf } from './rows.js'

const stat = (pid: number, command: string, state: string) =>
  `${pid} (${command}) ${state} 1 ${pid} ${pid} 0 -1 ${'0 '.repeat(13)}${pid} 0 0\n`
function process(host: FakeHost, pid: number, command: string, state: string): void {
  host.put(`/proc/${pid}/stat`, stat(pid, command, state))
}

rowsOf('host.udev', [
  { when: 'udevd runs', answer: 'ok', evidence: '/run/udev/control: present' },
  { when: 'it does not', host: { udevd: false }, answer: 'warning', evidence: '/run/udev/control: missing', advice: /systemctl start/ },
  {
    when: 'it cannot be seen',
    set: (host) => void host.faults.plant({ on: 'files.stat', matching: '/run/udev/control', does: { fail: 'EACCES' } }),
    answer: 'unknown',
  },
])

rowsOf('host.udev-queue', [
  { when: 'empty', answer: 'ok', evidence: '/run/udev/queue: absent' },
  { when: 'just filled', set: (host) => host.put('/run/udev/queue', ''), answer: 'ok', evidence: 'not empty for 0 s' },
  {
    when: 'for a minute, with a worker that waits for a disk',
    set: async (host) => {
      host.put('/run/udev/queue', '')
      process(host, 700, '(udev-worker)', 'D')
      await host.clock.advance(60_000)
    },
    answer: 'warning',
    evidence: '/proc/700/stat: a worker of udev in state D',
    summary: /60 s/,
    advice: /udevadm monitor/,
  },
])

rowsOf('host.stuck-processes', [
  { when: 'none', answer: 'ok', evidence: /processes$/ },
  {
    when: 'one that goes on',
    set: (host) => {
      const since = host.clock.now()
      host.put('/proc/700/stat', () => stat(700, 'dd', host.clock.now() < since + 50 ? 'D' : 'R'))
    },
    answer: 'ok',
    summary: /stays/,
  },
  {
    when: 'one that stays',
    set: (host) => {
      process(host, 700, 'mount.nfs', 'D')
      host.put('/proc/700/wchan', 'rpc_wait_bit_killable')
    },
    answer: 'warning',
    evidence: '/proc/700/stat: mount.nfs D in rpc_wait_bit_killable',
    summary: /mount\.nfs \(700\)/,
  },
  { when: '/proc that may not be read', set: (host) => refuse(host, '/proc', 'kernel.readTree'), answer: 'unknown' },
])

rowsOf('host.hung-tasks', [
  { when: 'no panic', answer: 'ok', evidence: '/proc/sys/kernel/hung_task_panic: 0' },
  {
    when: 'a panic after 120 s',
    set: (host) => host.put('/proc/sys/kernel/hung_task_panic', '1\n'),
    answer: 'warning',
    evidence: '/proc/sys/kernel/hung_task_timeout_secs: 120',
    advice: /sysctl -w kernel\.hung_task_panic=0/,
  },
  { when: 'a kernel without the detector', set: (host) => void host.take('/proc/sys/kernel/hung_task_panic'), answer: 'note' },
])

rowsOf('host.open-files', [
  { when: 'many', answer: 'ok', evidence: 'Max open files: 1048576' },
  {
    when: 'few',
    set: (host) =>
      host.put(
        `/proc/${host.pid}/limits`,
        'Limit  Soft Limit  Hard Limit  Units\nMax open files            256                  256                  files\n',
      ),
    answer: 'warning',
    evidence: 'Max open files: 256',
    advice: /LimitNOFILE/,
  },
  { when: 'no limits shown', set: (host) => void host.take(`/proc/${host.pid}/limits`), answer: 'unknown' },
])
