/** Logins that fail for reasons unrelated to the target, and logins that are retried. They run over FakeHost only. */
import { expect, test, vi } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const OUR_RECORD = `/etc/iscsi/nodes/${IQN}/10.99.1.1,3260`

async function staged(chap?: { username: string; secret: string }) {
  const world = await createFakeWorld()
  await serveOne(world, chap === undefined ? {} : { chap })
  return { world, attacher: await world.attacher() }
}
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
}
const answer = (exitCode: number, stderr: string) => ({ answer: { exitCode, stdout: '', stderr } })
const unreadable = (path: string, name = 'node.session.conn_reopen_log_freq') =>
  answer(7, `iSCSI ERROR: Unknown parameter name ${name}\niSCSI ERROR: config file ${path} invalid.\n`)
const logins = (world: FakeWorld) => world.host.ran.filter((argv) => argv.includes('--login')).length

test('a record database that is locked for the moment is tried again, later each time', async () => {
  const { world, attacher } = await staged()
  world.host.faults.plant({ on: 'commands.run', matching: '--login', times: 3, does: answer(6, 'Could not lock') })
  const from = world.now()
  await attacher.attach(request('one'))
  expect(logins(world)).toBe(1) // the faults answered the three others
  expect(world.now() - from).toBeGreaterThan(700)
  expect(world.now() - from).toBeLessThan(2000)
  await attacher.detach('one')
  await ended(world)
})

test('attachments that were turned away together do not come back together', async () => {
  const times = await Promise.all(
    ['one', 'two', 'three'].map(async (id) => {
      const { world, attacher } = await staged()
      world.host.faults.plant({ on: 'commands.run', matching: '--login', does: answer(6, 'Could not lock') })
      const from = world.now()
      await attacher.attach(request(id))
      const took = world.now() - from
      await attacher.detach(id)
      await ended(world)
      return took
    }),
  )
  expect(new Set(times).size).toBe(times.length)
})

test('a login that went well while a record beside it went away is ours: its session goes with the last who uses it', async () => {
  const { world, attacher } = await staged()
  const { commands } = world.host
  const run = commands.run.bind(commands)
  const spied = vi.spyOn(commands, 'run').mockImplementation(async (argv, options) => {
    const said = await run(argv, options)
    // The result of iscsiadm 2.1.8 if another process replaces a record of the target while iscsiadm lists the records.
    return argv.includes('--login') ? { ...said, exitCode: 6, stderr: 'iSCSI ERROR: Failed to open … using read mode: 2\n' } : said
  })
  await attacher.attach(request('one'))
  spied.mockRestore()
  expect(logins(world)).toBe(1)
  await attacher.detach('one')
  await ended(world)
})

test('one that stays locked is named after the fourth try', async () => {
  const { world, attacher } = await staged()
  world.host.faults.plant({ on: 'commands.run', matching: '--login', times: 4, does: answer(6, 'Could not lock') })
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({
    code: 'ERR_STATE',
    details: { exitCode: 6 },
    sideEffects: 'undone',
  })
  await ended(world)
})

test('a record of ours with a setting that this open-iscsi does not know loses it, and the login goes on', async () => {
  const { world, attacher } = await staged()
  await world.volume('second')
  const other = `${IQN}.other`
  await world.target({ iqn: other, portals: ['10.99.7.1:3260'], luns: { 1: 'second' } })
  await attacher.attach(request('other', { iqn: other, portals: ['10.99.7.1:3260'] }))
  const path = `/etc/iscsi/nodes/${other}/10.99.7.1,3260`
  const before = world.host.text(path) ?? ''
  const modern = before.replace('node.startup', 'node.session.conn_reopen_log_freq = 60\nnode.startup')
  await world.host.kernel.changeRecord({ lockDirectory: '/run/lock/iscsi', path, text: modern }, new AbortController().signal)
  world.host.faults.plant({ on: 'commands.run', matching: '--login', does: unreadable(path) })
  await attacher.attach(request('one'))
  expect(world.host.text(path)).toBe(before)
  await attacher.detach('one')
  await attacher.detach('other')
  await ended(world)
})

test("another program's record that open-iscsi cannot read is named, and stays as it is", async () => {
  const { world, attacher } = await staged()
  const path = '/etc/iscsi/nodes/iqn.2024-01.org.example:foreign/10.9.9.9,3260,1/default'
  const text = 'node.name = iqn.2024-01.org.example:foreign\nnode.session.conn_reopen_log_freq = 60\n'
  world.host.put(path, text)
  world.host.faults.plant({ on: 'commands.run', matching: '--login', does: unreadable(path) })
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({
    code: 'ERR_STATE',
    step: 'login',
    details: { record: path, unknown: ['node.session.conn_reopen_log_freq'] },
    sideEffects: 'undone',
  })
  expect(world.host.text(path)).toBe(text.trimEnd())
  world.host.take(path)
  world.host.take('/etc/iscsi/nodes/iqn.2024-01.org.example:foreign')
  await ended(world)
})

test('a record of ours that cannot be mended is named too', async () => {
  const { world, attacher } = await staged()
  world.host.faults.plant({ on: 'commands.run', matching: '--login', does: unreadable(OUR_RECORD) })
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({ code: 'ERR_STATE', details: { record: OUR_RECORD } })
  await ended(world)
})

test('a login that open-iscsi calls done already is looked up in sysfs: without a session there it has failed', async () => {
  const { world, attacher } = await staged()
  world.host.faults.plant({ on: 'commands.run', matching: '--login', does: answer(15, 'session exists') })
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', sideEffects: 'undone' })
  await ended(world)
})

test('a session that another program logs in to meanwhile is used, and not taken away', async () => {
  const { world, attacher } = await staged()
  const held = world.host.faults.plant({ on: 'commands.run', matching: ['--login', `-T ${IQN}`], does: { hang: 'before' } })
  const attached = attacher.attach(request('one'))
  await held.reached
  // Its iscsiadm finds Brickwork's record beside its own, and logs in through the first of them.
  await expect(world.foreignLogin(IQN, PORTAL)).rejects.toThrow('ended with 15')
  const sessions = await world.sessions(IQN)
  expect(sessions).toHaveLength(1)
  held.release()
  await expect(attached).resolves.toMatchObject({ reused: false })
  const { kept } = await attacher.detach('one')
  expect(kept.map(({ reason }) => reason)).toContain('it existed before the volume was attached')
  expect(await world.sessions(IQN)).toEqual(sessions)
  await world.foreignLogout(IQN, PORTAL)
  await ended(world)
})

const someone = { username: 'someone', secret: 'secret-of-today' }
const withSecret = (secret: string) => {
  const plain = request('one')
  return { ...plain, connection: { ...plain.connection, auth: { ...someone, secret } } } as typeof plain
}

test('refreshSecrets is not asked when the credentials are good', async () => {
  const { world, attacher } = await staged(someone)
  const refreshSecrets = () => Promise.reject(new Error('it was asked'))
  await attacher.attach(withSecret(someone.secret), { refreshSecrets })
  await attacher.detach('one')
  await ended(world)
})

test.each([
  ['fails', () => Promise.reject(new Error('the vault is shut'))],
  ['answers nonsense', () => Promise.resolve({ username: '', secret: 'secret-of-nobody' })],
])('refreshSecrets that %s leaves the refusal as it was', async (_, refreshSecrets) => {
  const { world, attacher } = await staged(someone)
  const failed = attacher.attach(withSecret('secret-of-yesterday'), { refreshSecrets })
  await expect(failed).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION', sideEffects: 'undone' })
  const error: unknown = await failed.catch((each: unknown) => each)
  expect(JSON.stringify(error)).not.toContain('secret-of')
  expect(logins(world)).toBe(1)
  await ended(world)
})

test('refreshSecrets that never answers is waited for as long as the attach may take', async () => {
  const { world, attacher } = await staged(someone)
  const from = world.now()
  const failed = attacher.attach(withSecret('secret-of-yesterday'), { timeoutMs: 5000, refreshSecrets: () => new Promise(() => undefined) })
  await expect(failed).rejects.toMatchObject({ code: 'ERR_TIMEOUT', sideEffects: 'undone' })
  expect(world.now() - from).toBeLessThanOrEqual(5500)
  await ended(world)
})

test('once fresh secrets are there, the old ones are tried at no further portal', async () => {
  const { world, attacher } = await staged(someone)
  const portals = [PORTAL, '10.99.2.1:3260']
  await world.target({ iqn: IQN, portals, luns: { 1: 'data' }, chap: someone })
  const plain = request('one', { portals })
  const asked = { ...plain, connection: { ...plain.connection, auth: { ...someone, secret: 'secret-of-yesterday' } } } as typeof plain
  const refreshSecrets = () => Promise.resolve({ ...someone, secret: 'secret-of-tomorrow' })
  await expect(attacher.attach(asked, { refreshSecrets })).rejects.toMatchObject({ code: 'ERR_AUTHENTICATION' })
  expect(logins(world)).toBe(3)
  await ended(world)
})

const CHAP = { username: 'finder', secret: 'discovery-secret' }

test('the lock of the record database that a killed process left holds up nobody', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.volume('other')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await world.target({ iqn: `${IQN}.other`, portals: [SECOND_PORTAL], luns: { 1: 'other' } })
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  void attacher.attach(request('two', { iqn: `${IQN}.other`, portals: [SECOND_PORTAL] }))
  const lock = '/run/lock/iscsi/lock.write'
  for (let ms = 0; ms < 5000 && world.host.text(lock) === undefined; ms++) await world.sleep(1)
  world.crash()
  expect(await world.host.files.stat(lock)).toBeDefined()
  const next = await world.attacher()
  await world.discoveryChap(CHAP)
  const from = world.host.clock.now()
  const byDiscovery = { protocol: 'iscsi', targets: [{ iqn: IQN, lun: 1 }], discovery: { portal: PORTAL, auth: CHAP } } as const
  await next.attach({ id: 'three', connection: byDiscovery, policy: { multipath: 'never' } })
  await next.detach('three')
  await next.detach('one')
  await next.recover()
  expect(world.host.clock.now() - from).toBeLessThan(5000)
  expect(await world.host.files.stat(lock)).toBeUndefined()
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
})
