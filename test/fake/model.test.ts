/**
 * Counter-examples of test/model: what goes wrong there when an error is planted. The same processes do the same here, in the same order.
 * With the same error in lib (test/mutations) each of these tests fails.
 */
import { expect, test } from 'vitest'
import { createAttacher } from '../../lib/index.js'
import { ORPHANS } from '../../lib/operation/claims.js'
import { formatEntry, parseEntry } from '../../lib/operation/entry-text.js'
import type { FakeHost, FakeHostOptions, Fault } from '../../lib/testing/index.js'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const CLAIMS = '/run/brickwork/claims'

/** Two owners in two processes, and two volumes behind one portal: `ann` attaches `one`, `ben` attaches `two`. */
async function twoAgents(options: FakeHostOptions = {}) {
  const world = await createFakeWorld(options)
  for (const volume of ['data', 'other']) await world.volume(volume)
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'other' } })
  const agent = (owner: string, host: FakeHost) => createAttacher({ owner, stateDir: `/var/lib/${owner}`, runDir: world.runDir, host })
  const annsHost = world.host.process()
  const ann = await agent('ann', annsHost)
  const ben = await agent('ben', world.host.process())
  const ended = async (...attachers: readonly { close(): Promise<void> }[]) => {
    await expectClean(world, 'when everybody has detached')
    for (const each of attachers) await each.close()
    world.host.verify()
  }
  return {
    world,
    ann,
    ben,
    two: request('two', { lun: 2 }),
    annDies: async () => await agent('ann', annsHost.crash()),
    logins: () => world.host.ran.filter((argv) => argv.includes('--login')).length,
    ended,
  }
}
const when = (on: Fault['on'], matching: string): Fault => ({ on, matching, does: { delayMs: 0 } })
const AT_ITS_SCAN: Fault = { on: 'kernel.write', matching: 'scan 0 0 1', does: { crash: 'after' } }
const name = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1', 0, 12)

test('claim after act: a process that dies while iscsid works on its login leaves nothing unknown, and nobody logs in twice', async () => {
  const { world, ann, ben, two, annDies, logins, ended } = await twoAgents({ delays: { login: 500 } })
  const asked = world.host.faults.plant(when('commands.run', '--login'))
  void ann.attach(request('one'))
  await asked.reached
  await world.sleep(100)
  const next = await annDies()
  await ben.attach(two)
  expect(logins()).toBe(1)
  await next.recover()
  await ben.detach('two')
  await ended(next, ben)
})

test('claim read before lock: a session that is taken just before the logout gets its lock stays', async () => {
  const { world, ann, ben, two, ended } = await twoAgents()
  await ann.attach(request('one'))
  const locking = world.host.faults.plant({ on: 'locks.take', matching: 'portal ', does: { hang: 'before' } })
  const detached = ann.detach('one')
  await locking.reached
  const { device } = await ben.attach(two)
  locking.release()
  expect(await detached).toMatchObject({ outcome: 'released' })
  expect(name(await world.read(device, 512))).toBe('volume other')
  await ben.detach('two')
  await ended(ann, ben)
})

test('lock released early: of two processes that find no session one logs in, and the other one waits for it', async () => {
  const { world, ann, ben, two, logins, ended } = await twoAgents({ delays: { login: 500 } })
  const writing = world.host.faults.plant({ on: 'kernel.changeRecord', does: { hang: 'before' } })
  const attached = ann.attach(request('one'))
  await writing.reached
  const waiting = ben.attach(two)
  await world.sleep(100)
  writing.release()
  await Promise.all([attached, waiting])
  expect(logins()).toBe(1)
  await ann.detach('one')
  await ben.detach('two')
  await ended(ann, ben)
})

test('scanned disk forgotten: a process that dies between its scan and the claim of the disk leaves nothing', async () => {
  const { world, ann, ben, annDies, ended } = await twoAgents()
  const scanned = world.host.faults.plant(AT_ITS_SCAN)
  void ann.attach(request('one'))
  await scanned.reached
  const next = await annDies()
  await world.sleep(1000) // the kernel has finished the scan
  // Its claim is enough: nothing has to be found as an orphan.
  expect((await next.recover()).actions.map(({ id, action }) => [id, action])).toEqual([['one', 'resolved']])
  await ended(next, ben)
})

test.each([1, 2])(
  'a disk that a process scanned and could not record before it died goes, whoever uses LUN %i of its session',
  async (lun) => {
    const { world, ann, ben, annDies, ended } = await twoAgents()
    const scanned = world.host.faults.plant(AT_ITS_SCAN)
    void ann.attach(request('one'))
    await scanned.reached
    const next = await annDies()
    await ben.attach(request('two', { lun }))
    await next.recover()
    await ben.detach('two')
    await ended(next, ben)
  },
)

const AT_ITS_LOGOUT: readonly (readonly [string, Fault, number])[] = [
  ['in a logout that iscsid goes on with', when('commands.run', '--logout'), 50],
  ['before it could ask for a logout', { on: 'commands.run', matching: '--logout', does: { crash: 'before' } }, 0],
]
test.each(AT_ITS_LOGOUT)('session taken in its logout: when a process dies %s, nobody takes its session', async (_what, fault, afterMs) => {
  const { world, ann, ben, two, annDies, ended } = await twoAgents({ delays: { logout: 1500 } })
  await ann.attach(request('one'))
  const logout = world.host.faults.plant(fault)
  void ann.detach('one')
  await logout.reached
  await world.sleep(afterMs)
  const next = await annDies()
  const { device } = await ben.attach(two)
  await world.sleep(3000)
  expect(name(await world.read(device, 512))).toBe('volume other')
  await next.recover()
  await ben.detach('two')
  await ended(next, ben)
})

test('session taken in its logout: when a detach gives up, nobody takes its session', async () => {
  const { world, ann, ben, two, ended } = await twoAgents({ delays: { logout: 1500 } })
  await ann.attach(request('one'))
  await expect(ann.detach('one', { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'ERR_DETACH_INCOMPLETE' })
  const { device } = await ben.attach(two)
  await world.sleep(3000)
  expect(name(await world.read(device, 512))).toBe('volume other')
  expect(await ann.detach('one')).toMatchObject({ outcome: 'released' })
  await ben.detach('two')
  await ended(ann, ben)
})

test('an attachment that was only ending a session does not use it: the last other one logs out', async () => {
  const { world, ann, ben, ended } = await twoAgents()
  await ann.attach(request('one'))
  const [own = ''] = world.host.names(CLAIMS)
  const claim = parseEntry(world.host.text(`${CLAIMS}/${own}`) ?? '', own)
  const objects = claim.objects.filter(({ kind }) => kind === 'session').map((each) => ({ ...each, data: { ...each.data, ending: 1 } }))
  expect(objects).toHaveLength(1)
  world.host.put(`${CLAIMS}/other.json`, formatEntry({ ...claim, owner: 'ben', id: 'two', state: 'detaching', objects }))
  expect(await ann.detach('one')).toMatchObject({ outcome: 'released', kept: [] })
  world.host.take(`${CLAIMS}/other.json`)
  await ended(ann, ben)
})

test('a removal of orphans, which may give up, does not count as a user: the attachment removes what it is the last to use', async () => {
  const { world, ann, ben, ended } = await twoAgents()
  await ann.attach(request('one'))
  const [own = ''] = world.host.names(CLAIMS)
  const claim = parseEntry(world.host.text(`${CLAIMS}/${own}`) ?? '', own)
  world.host.put(`${CLAIMS}/orphans.json`, formatEntry({ ...claim, owner: 'ben', id: ORPHANS, state: 'detaching' }))
  expect(await ann.detach('one')).toMatchObject({ outcome: 'released', kept: [] })
  world.host.take(`${CLAIMS}/orphans.json`)
  await ended(ann, ben)
})
