/** A session that came up from a pending login is logged out only if Brickwork created it, and never with a disk of another program. */
import { afterEach, describe, expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const HOUR_MS = 3_600_000
/** The window of an abandoned login ends within this time. */
const WINDOW_MS = 60_000
let world: FakeWorld

async function serveTwo(): Promise<void> {
  world = await createFakeWorld()
  await world.volume('data', { content: 'ext4' })
  await world.volume('theirs', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'theirs' } })
}
/** The process of an attach dies before it asks iscsid for the login, or when the session is up. */
async function dieAtLogin(moment: 'before' | 'after'): Promise<void> {
  await serveTwo()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'commands.run', matching: '--login', does: { crash: moment } })
  void attacher.attach(request('one')).catch(() => undefined)
  await world.host.died
  world.crash()
  await world.sleep(2000)
}
/** Abandons a login. When it can be resolved, its session is up. */
async function giveUpLogin() {
  await serveTwo()
  const attacher = await world.attacher()
  const login = world.host.faults.plant({ on: 'commands.run', matching: '--login', does: { hang: 'after' } })
  const attaching = attacher.attach(request('one'), { timeoutMs: 3000 })
  const refused = expect(attaching).rejects.toMatchObject({ sideEffects: 'left' })
  await login.reached
  const other = world.host.process().locks.take(`${world.runDir}/locks`, `portal ${IQN} ${PORTAL}`, new AbortController().signal)
  await refused
  return { login, lock: await other }
}
/** Another program logs in over all existing records. Returns the session. */
async function logInByHand(...words: readonly string[]): Promise<number> {
  const { commands } = world.host.process()
  const options = { signal: new AbortController().signal, onAbort: 'leave' } as const
  const node = ['-m', 'node', '-T', IQN, '-p']
  await commands.run(['iscsiadm', ...node, `${PORTAL},1`, ...words, '-o', 'new'], options)
  await commands.run(['iscsiadm', ...node, PORTAL, ...words, '--login'], options)
  const [session = 0] = await world.sessions(IQN)
  return session
}
const useTheirs = async () => await world.mount(`/dev/${await world.foreignScan(IQN, PORTAL, 2)}`)

afterEach(async () => {
  await world.close()
  world.host.verify()
})

describe('a session of ours with a disk that another program has mounted', () => {
  test('stays when a recovery resolves the login, an hour later', async () => {
    await dieAtLogin('after')
    const sessions = await world.sessions(IQN)
    const mount = await useTheirs()
    await world.sleep(HOUR_MS)
    const attacher = await world.attacher()
    await attacher.recover()
    expect(await world.sessions(IQN)).toEqual(sessions)
    expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
    await mount.unmount()
    await attacher.recover()
    await expectClean(world, 'when the other program has left')
  })

  test('stays when the login is resolved in the background', async () => {
    const { login, lock } = await giveUpLogin()
    const mount = await useTheirs()
    login.release()
    await lock.release()
    await world.sleep(WINDOW_MS)
    expect(await world.sessions(IQN)).toHaveLength(1)
    expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
    await mount.unmount()
  })

  test('stays when a detach resolves the login, and the next attach uses it as the session of another program', async () => {
    await dieAtLogin('after')
    const [session] = await world.sessions(IQN)
    const mount = await useTheirs()
    const attacher = await world.attacher()
    await attacher.detach('one')
    expect(await world.sessions(IQN)).toEqual([session])
    await attacher.attach(request('two'))
    const { kept } = await attacher.detach('two')
    expect(kept.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^session /))
    expect(await world.sessions(IQN)).toEqual([session])
    expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
    await mount.unmount()
  })
})

test('a session that another program logged in to, long after our login was given up, stays', async () => {
  await dieAtLogin('before')
  await world.sleep(WINDOW_MS)
  const session = await logInByHand()
  await world.sleep(HOUR_MS)
  const attacher = await world.attacher()
  await attacher.recover()
  expect(await world.sessions(IQN)).toEqual([session])
})

test('a session of ours alone goes, however late its login is resolved', async () => {
  await dieAtLogin('after')
  await world.sleep(HOUR_MS)
  const attacher = await world.attacher()
  await attacher.recover()
  await expectClean(world, 'after the recovery')
})

test('a session that an attachment of another owner claims stays when the login is resolved', async () => {
  await dieAtLogin('after')
  const other = await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })
  await other.attach(request('two', { lun: 2 }))
  const sessions = await world.sessions(IQN)
  const attacher = await world.attacher()
  await attacher.recover()
  expect(await world.sessions(IQN)).toEqual(sessions)
  await other.detach('two')
  await attacher.recover()
  await expectClean(world, 'after both')
})

test('a session that an attachment of another owner claims for a disk to come stays when the login is resolved', async () => {
  await dieAtLogin('after')
  const sessions = await world.sessions(IQN)
  const other = await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })
  const attaching = other.attach(request('two', { lun: 7, policy: { multipath: 'never', lun: { waitMs: 20_000 } } }))
  await world.sleep(2000)
  const attacher = await world.attacher()
  await attacher.recover()
  expect(await world.sessions(IQN)).toEqual(sessions)
  await world.mapLun(IQN, 7, 'theirs')
  await attaching
  expect(await world.sessions(IQN)).toEqual(sessions)
  await other.detach('two')
})

test('a session through another iface stays when the login is resolved', async () => {
  await dieAtLogin('before')
  await world.sleep(WINDOW_MS)
  world.host.put('/etc/iscsi/ifaces/other', 'iface.iscsi_ifacename = other\niface.transport_name = tcp\n')
  for (const lun of [1, 2]) await world.unmapLun(IQN, lun) // a session without disks, distinguished only by its iface
  const session = await logInByHand('-I', 'other')
  const attacher = await world.attacher()
  await attacher.recover()
  expect(await world.sessions(IQN)).toEqual([session])
})
