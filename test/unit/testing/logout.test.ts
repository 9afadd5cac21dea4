import { expect, test } from 'vitest'

import { IQN, iscsiadm, loggedIn, login, PORTAL, record, scan, sessions, stage } from './stage.js'

test('a logout takes the disks, then the session', async () => {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  expect((await iscsiadm(host, '-m session -r 1 -u')).exitCode).toBe(0)
  expect([sessions(host), host.names('/sys/bus/scsi/devices'), host.names('/sys/block')]).toEqual([[], [], []])
  expect(host.names('/sys/devices/platform')).toEqual([])
})

test('exit codes: 21 without a session, 22 for an unknown id', async () => {
  const host = stage()
  expect((await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} --logout`)).exitCode).toBe(21)
  expect((await iscsiadm(host, '-m session -r 7 -u')).exitCode).toBe(22)
  expect((await iscsiadm(host, '-m session')).exitCode).toBe(21)
})

test('session ids only grow, host numbers come back', async () => {
  const host = stage()
  await loggedIn(host)
  await iscsiadm(host, '-m session -u')
  await login(host)
  expect(sessions(host)).toEqual(['session2'])
  expect(host.real('/sys/class/iscsi_session/session2')).toBe('/sys/devices/platform/host0/session2/iscsi_session/session2')
})

test('a record that a session uses is not deleted; afterwards it is, with its directories', async () => {
  const host = stage()
  await loggedIn(host)
  const remove = `-m node -T ${IQN} -p ${PORTAL} -o delete`
  expect((await iscsiadm(host, remove)).exitCode).toBe(15)
  await iscsiadm(host, '-m session -u')
  expect((await iscsiadm(host, remove)).exitCode).toBe(0)
  expect(host.names('/etc/iscsi/nodes')).toEqual([])
  expect((await iscsiadm(host, remove)).exitCode).toBe(21)
})

test('killing an iscsiadm that has the database lock leaves the lock behind; the next waits 30 s and ends with 6', async () => {
  const host = stage()
  record(host)
  const caller = new AbortController()
  const killed = host.commands.run(['iscsiadm', '-m', 'node', '--login'], { signal: caller.signal, onAbort: 'kill' })
  const failure = expect(killed).rejects.toBe('enough')
  host.clock.auto = false
  await host.clock.advance(3.5)
  caller.abort('enough')
  await failure
  host.clock.auto = true
  expect(host.names('/run/lock/iscsi')).toContain('lock.write')
  expect((await iscsiadm(host, '-m node')).exitCode).toBe(6)
  expect(host.clock.now()).toBeGreaterThan(29_000)
  expect(sessions(host)).toEqual([])
})
