import { expect, test } from 'vitest'

import { FakeHost } from '../../../lib/testing/index.js'
import { iscsiadm, loggedIn, record, scan, sessions, signal, stage } from './stage.js'

const commit = (host: FakeHost, path: string, text: string) => host.files.commit([{ path, text, mode: 0o600 }])

/** True when the promise has neither resolved nor rejected after a minute of the machine. */
async function isPending(host: FakeHost, promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = () => (settled = true)
  promise.then(note, note)
  await host.clock.advance(60_000)
  return !settled
}

test('what a dead process waits for never comes; its sleeps are over', async () => {
  const host = stage()
  const watch = await host.events.watch(['sda'])
  const waiting = [
    host.clock.sleep(10, signal),
    host.files.read('/etc/hostname'),
    host.commands.run(['sleep', '1'], { signal, onAbort: 'leave' }),
    host.kernel.connect('10.99.1.1', 3260, signal),
    watch.next(signal),
  ]
  const next = host.crash()
  for (const each of [...waiting, host.files.read('/etc/hostname'), host.clock.sleep(1, signal)])
    expect(await isPending(next, each)).toBe(true)
  expect([host.alive, host.clock.sleeping, next.alive]).toEqual([false, 0, true])
  expect(host.names('/proc')).not.toContain(String(host.pid))
  expect(await next.files.read('/etc/hostname')).toBe('fake-host')
})

test('its locks and holds are free', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  await host.locks.take('/run/x', 'volume', signal)
  expect(typeof (await host.kernel.hold('/dev/sda', signal))).toBe('object')
  const other = host.process()
  const waiting = other.locks.take('/run/x', 'volume', signal)
  expect(await other.kernel.hold('/dev/sda', signal)).toBe('busy')
  expect([other.locked.length, other.users.holds]).toEqual([1, ['sda']])
  host.crash()
  await (await waiting).release()
  expect(await other.kernel.hold('/dev/sda', signal)).toMatchObject({})
  expect(other.locked).toEqual([])
})

test('a lock that is granted in the moment of its death is free', async () => {
  const host = stage()
  void host.locks.take('/run/x', 'volume', signal)
  const next = host.crash()
  await (await next.locks.take('/run/x', 'volume', signal)).release()
  expect(next.locked).toEqual([])
})

test('its children go on', async () => {
  const host = stage()
  record(host)
  void iscsiadm(host, '-m node --login')
  const next = host.crash()
  await next.clock.advance(1000)
  expect(sessions(next)).toEqual(['session1'])
})

test('what it had written stays; a commit under way leaves its temporary file or is done', async () => {
  const host = new FakeHost()
  await host.files.replace('/var/lib/mark', 'mark', 0o600)
  void commit(host, '/var/lib/new', 'new')
  const next = host.crash()
  await next.clock.advance(100)
  expect(next.text('/var/lib/mark')).toBe('mark')
  expect(next.text('/var/lib/new')).toBeUndefined()
  expect(next.names('/var/lib').filter((name) => name.startsWith('.brickwork-'))).toHaveLength(1)
  void commit(next, '/var/lib/new', 'new')
  await next.process().clock.advance(3)
  const last = next.crash()
  await last.clock.advance(100)
  expect(last.text('/var/lib/new')).toBe('new')
})

test.each(['before', 'after'] as const)('it can be made to die just %s its n-th call', async (moment) => {
  const host = new FakeHost()
  await host.files.read('/etc/hostname')
  host.crashAt(host.calls + 2, moment)
  const other = host.process()
  void host.files.replace('/tmp/one', '1', 0o600).then(() => host.files.replace('/tmp/two', '2', 0o600))
  await other.clock.advance(10)
  expect([host.alive, other.names('/tmp')]).toEqual([false, moment === 'before' ? ['one'] : ['one', 'two']])
})

test('a planted fault can kill it', async () => {
  const host = new FakeHost()
  const fault = host.faults.plant({ on: 'files.replace', matching: 'two', does: { crash: 'after' } })
  void host.files.replace('/tmp/two', '2', 0o600)
  await fault.reached
  await host.process().clock.advance(1)
  expect([host.alive, host.text('/tmp/two')]).toEqual([false, '2'])
})

test('a reboot takes the kernel with it: sessions, disks, locks, /run; ids begin again', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.locks.take('/run/x', 'volume', signal)
  const bootId = host.text('/proc/sys/kernel/random/boot_id')
  const next = host.reboot()
  expect([sessions(next), next.names('/dev').filter((name) => name.startsWith('sd')), next.locked]).toEqual([[], [], []])
  expect(next.names('/run/x')).toEqual([])
  expect(next.text('/proc/sys/kernel/random/boot_id')).not.toBe(bootId)
  expect(next.text('/etc/machine-id')).toBe(host.text('/etc/machine-id'))
  await iscsiadm(next, '-m node --login')
  expect(sessions(next)).toEqual(['session1'])
  expect(next.real('/sys/class/iscsi_session/session1')).toContain('/host0/')
})

test('a login that is under way at a reboot is forgotten', async () => {
  const host = stage()
  record(host)
  void iscsiadm(host, '-m node --login')
  await host.process().clock.advance(10)
  const next = host.reboot()
  await next.clock.advance(60_000)
  expect([sessions(next), next.iscsid.pending]).toEqual([[], 0])
})

test('a reboot keeps what was committed; the rest is as before, as after, or half of it', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const host = new FakeHost({ seed })
    await commit(host, '/var/lib/committed', 'first')
    await commit(host, '/var/lib/file', 'first')
    await host.files.replace('/var/lib/file', 'second', 0o600)
    await commit(host, '/var/lib/log', 'begun\n')
    await host.files.append('/var/lib/log', 'more\n', 0o600)
    const next = host.reboot()
    expect(next.text('/var/lib/committed')).toBe('first')
    expect(next.text('/var/lib/log')).toMatch(/^begun/)
    seen.add(next.text('/var/lib/file') ?? 'none')
  }
  expect([...seen]).toEqual(expect.arrayContaining(['first', 'second', '']))
})

test('commits that come while one is under way share the next wait for the disk', async () => {
  const host = new FakeHost()
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => commit(host, `/tmp/${name}`, name)))
  expect([host.durableWrites, host.names('/tmp')]).toEqual([2, ['a', 'b', 'c', 'd']])
})

test('a record that was removed through the port stays removed when the power goes: the addon waits for the disk', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const host = new FakeHost({ seed })
    const path = '/etc/iscsi/nodes/iqn.2024-01.org.example:a/10.99.1.1,3260'
    const change = { lockDirectory: '/run/lock/iscsi', path }
    await host.kernel.changeRecord({ ...change, text: 'a record' }, signal)
    await host.kernel.changeRecord({ ...change, text: undefined }, signal)
    expect(host.reboot().text(path)).toBeUndefined()
  }
})

test('a commit that the loss of power cuts off leaves the old file or the new one, whole', async () => {
  const path = '/var/lib/brickwork/state.json'
  const seen = new Set<string | undefined>()
  for (let seed = 1; seed <= 40; seed++) {
    const host = new FakeHost({ seed })
    const commit = (text: string) => host.files.commit([{ path, text, mode: 0o600 }])
    await host.files.makeDirectory('/var/lib/brickwork', 0o700)
    await commit('the old text')
    void commit('the new text, which is longer')
    for (let at = 0; at < 1 + (seed % 4); at++) await host.clock.advance(1)
    seen.add(host.reboot().text(path))
  }
  expect(seen).toEqual(new Set(['the old text', 'the new text, which is longer']))
})

test('a call that hangs before it has begun is not carried out once its process is dead', async () => {
  const host = stage()
  record(host)
  const hung = host.faults.plant({ on: 'commands.run', does: { hang: 'before' } })
  void iscsiadm(host, '-m node --login')
  const next = host.crash()
  hung.withdraw()
  await next.clock.advance(1000)
  expect(sessions(next)).toEqual([])
})

test('a fault that was withdrawn is met by nobody, and missed by nobody', async () => {
  const host = stage()
  host.faults.plant({ on: 'files.read', does: { fail: 'EIO' } }).withdraw()
  expect(await host.files.read('/etc/hostname')).toBe('fake-host')
  host.verify()
})
