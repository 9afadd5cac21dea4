import { expect, test } from 'vitest'

import { IQN, iscsiadm, loggedIn, login, PORTAL, record, sessions, signal, stage, state, took } from './stage.js'

test('a login with scan=manual makes a session and no disk', async () => {
  const host = stage()
  await loggedIn(host)
  expect([sessions(host), state(host), host.names('/sys/class/scsi_device')]).toEqual([['session1'], 'LOGGED_IN', []])
  host.verify()
})

test('with scan=auto every LUN is there when the answer comes', async () => {
  const host = stage()
  await loggedIn(host, { 'node.session.scan': 'auto' })
  expect(host.names('/sys/class/scsi_device')).toEqual(['0:0:0:1', '0:0:0:2'])
})

test('exit codes: 15 for a second login, 21 without a record, 20 without iscsid', async () => {
  const host = stage()
  expect((await login(host)).exitCode).toBe(21)
  await loggedIn(host)
  expect((await login(host)).exitCode).toBe(15)
  host.iscsid.stop()
  expect((await login(host)).exitCode).toBe(20)
  expect((await iscsiadm(host, '-m session')).exitCode).toBe(0)
})

test.each([
  ['refuse', 8],
  ['drop', 8],
  ['mute', 11],
] as const)('a portal that is %s: exit %d when the window is over', async (how, exitCode) => {
  const windowMs = 6_000
  const host = stage()
  record(host)
  host.storage.portal(PORTAL, how)
  const ms = await took(host, async () => expect((await login(host)).exitCode).toBe(exitCode))
  expect(Math.abs(ms - windowMs)).toBeLessThan(500)
  expect([sessions(host), host.iscsid.pending]).toEqual([[], 0])
})

test("the window is the product of the record's two keys; without them 4 × 30 s", async () => {
  const host = stage()
  host.put('/etc/iscsi/nodes/iqn.x/10.99.9.9,3260', `node.name = iqn.x\nnode.conn[0].address = 10.99.9.9\nnode.conn[0].port = 3260\n`, {
    mode: 0o600,
  })
  expect(await took(host, () => login(host, '10.99.9.9:3260', 'iqn.x'))).toBeGreaterThan(120_000)
})

test('an unknown target is tried again until the window is over, with a session that is FREE', async () => {
  const host = stage()
  record(host, {}, PORTAL, 'iqn.other')
  const answered = login(host, PORTAL, 'iqn.other')
  await host.clock.advance(1000)
  expect([sessions(host), state(host)]).toEqual([['session1'], 'FREE'])
  expect((await answered).exitCode).toBe(8)
  expect(sessions(host)).toEqual([])
})

test('a target that says "not found" ends it at once with 19', async () => {
  const host = stage({ unknownTarget: 'not found' })
  record(host, {}, PORTAL, 'iqn.other')
  expect(await took(host, async () => expect((await login(host, PORTAL, 'iqn.other')).exitCode).toBe(19))).toBeLessThan(100)
})

test('CHAP: 24 at once for a wrong secret or none, 0 for the right one', async () => {
  const host = stage({ chap: { username: 'user', secret: 'right' } })
  const chap = { 'node.session.auth.authmethod': 'CHAP', 'node.session.auth.username': 'user' }
  for (const values of [{}, { ...chap, 'node.session.auth.password': 'wrong' }]) {
    record(host, values)
    expect(await took(host, async () => expect((await login(host)).exitCode).toBe(24))).toBeLessThan(100)
    expect(sessions(host)).toEqual([])
  }
  record(host, { ...chap, 'node.session.auth.password': 'right' })
  expect((await login(host)).exitCode).toBe(0)
})

test('iscsid goes on when nobody waits any more, and the session appears when the portal opens', async () => {
  const host = stage()
  record(host)
  host.storage.portal(PORTAL, 'drop')
  const caller = new AbortController()
  const waiting = host.commands.run(['iscsiadm', '-m', 'node', '--login'], { signal: caller.signal, onAbort: 'leave' })
  void host.clock.sleep(2000, signal).then(() => caller.abort('enough'))
  await expect(waiting).rejects.toBe('enough')
  expect([sessions(host), host.iscsid.pending]).toEqual([[], 1])
  host.storage.portal(PORTAL, 'open')
  await host.clock.advance(2000)
  expect([state(host), host.iscsid.pending]).toEqual(['LOGGED_IN', 0])
})

test('--no_wait answers at once', async () => {
  const host = stage()
  record(host)
  expect((await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} --login --no_wait`)).exitCode).toBe(0)
  expect(state(host)).not.toBe('LOGGED_IN')
  await host.clock.advance(100)
  expect(state(host)).toBe('LOGGED_IN')
})

test('a pending login whose connection stands: logout 9, record delete 15, another login 15', async () => {
  const host = stage()
  record(host)
  host.storage.portal(PORTAL, 'mute')
  void login(host)
  await host.clock.advance(1000)
  expect((await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} --logout`)).exitCode).toBe(9)
  expect((await iscsiadm(host, `-m node -T ${IQN} -p ${PORTAL} -o delete`)).exitCode).toBe(15)
  expect((await login(host)).exitCode).toBe(15)
})

test('open-iscsi 2.1.10 never answers a waited login with scan=manual, though the session is there', async () => {
  const host = stage({ openIscsiVersion: '2.1.10', recordRoot: '/etc/iscsi' })
  record(host)
  let answered = false
  void login(host).then(() => (answered = true))
  await host.clock.advance(60_000)
  expect([answered, state(host)]).toEqual([false, 'LOGGED_IN'])
  expect((await iscsiadm(host, '--version')).stdout).toBe('iscsiadm version 2.1.10\n')
})

test('several records are logged in side by side', async () => {
  const host = stage()
  host.storage.iscsi.target({ iqn: 'iqn.two', portals: ['[fd99::1]:3260'], luns: {} })
  record(host)
  record(host, {}, '[fd99::1]:3260', 'iqn.two')
  expect(await took(host, () => iscsiadm(host, '-m node --login'))).toBeLessThan(40)
  expect(sessions(host)).toEqual(['session1', 'session2'])
  expect(host.text('/sys/class/iscsi_connection/connection2:0/persistent_address')).toBe('fd99::1')
  expect((await iscsiadm(host, '-m session')).stdout).toContain('tcp: [2] [fd99::1]:3260,1 iqn.two (non-flash)')
})
