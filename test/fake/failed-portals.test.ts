/** Portals that were unreachable a moment ago. These tests run over FakeHost only, on its clock. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { multipath, PORTALS, serveFour } from '../world/four.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const [FIRST = '', ...OTHERS] = PORTALS
const GRACE_MS = 6000

async function timed<T>(world: FakeWorld, call: Promise<T>): Promise<{ readonly ms: number; readonly answer: T }> {
  const from = world.now()
  const answer = await call
  return { answer, ms: world.now() - from }
}
async function staged() {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world)
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const more = {
    ...multipath('two'),
    connection: { protocol: 'iscsi' as const, targets: PORTALS.map((portal) => ({ portal, iqn: IQN, lun: 2 })) },
  }
  return { world, attacher: await world.attacher(), one: multipath('one'), two: more }
}
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
}

test('the first attach waits for a silent portal, the next one does not, and after a while it is waited for again', async () => {
  const { world, attacher, one, two } = await staged()
  await world.portal(FIRST, 'drop')
  const first = await timed(world, attacher.attach(one))
  expect(first.ms).toBeGreaterThan(2900)
  const second = await timed(world, attacher.attach(two))
  expect(second.answer).toMatchObject({ degraded: true, paths: [{}, {}, {}] })
  expect(second.ms).toBeLessThan(1000)
  await attacher.detach('one')
  await attacher.detach('two')
  await world.sleep(31_000)
  const third = await timed(world, attacher.attach(one))
  expect(third.ms).toBeGreaterThan(2900)
  expect(third.ms).toBeLessThan(GRACE_MS)
  await attacher.detach('one')
  await ended(world)
})

test('volumes of one target that wait for the same login share its failure, and the next one asks another portal first', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  await world.target({ iqn: 'iqn.2024-01.org.example:two', portals: [PORTAL, SECOND_PORTAL], luns: {} })
  const iqn = 'iqn.2024-01.org.example:two'
  for (const lun of [1, 2, 3, 4]) {
    await world.volume(`two-${lun}`)
    await world.mapLun(iqn, lun, `two-${lun}`)
  }
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  const at = (lun: number) => request(`v${lun}`, { iqn, portals: [PORTAL, SECOND_PORTAL], lun })
  const tried = () => world.host.ran.filter((argv) => argv.includes('--login') && argv.includes(PORTAL)).length
  const all = await timed(world, Promise.all([1, 2, 3].map((lun) => attacher.attach(at(lun), { timeoutMs: 60_000 }))))
  expect(all.ms).toBeLessThan(20_000) // one login window, not three
  expect(tried()).toBe(1)
  const next = await timed(world, attacher.attach(at(4)))
  expect(next.ms).toBeLessThan(1000)
  expect(tried()).toBe(1)
  for (const lun of [1, 2, 3, 4]) await attacher.detach(`v${lun}`)
  await ended(world)
})

test('a login that somebody has given up does not take the time of whoever has another portal', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  const impatient = new AbortController()
  const given = attacher.attach(request('one'), { timeoutMs: 60_000, signal: impatient.signal })
  await world.sleep(1000)
  impatient.abort()
  await expect(given).rejects.toMatchObject({ code: 'ERR_ABORTED', sideEffects: 'pending' })
  const next = await timed(world, attacher.attach(request('two', { portals: [PORTAL, SECOND_PORTAL] }), { timeoutMs: 20_000 }))
  expect(next.ms).toBeLessThan(16_000)
  await attacher.detach('two')
  await ended(world)
})

test('one that is back is a path like the others', async () => {
  const { world, attacher, one, two } = await staged()
  await world.portal(FIRST, 'drop')
  await attacher.attach(one)
  await attacher.detach('one')
  await world.portal(FIRST, 'open')
  expect(await attacher.attach(two)).toMatchObject({ degraded: false, paths: [{}, {}, {}, {}] })
  await attacher.detach('two')
  await ended(world)
})

test('it is waited for when there is no other, or when the policy asks for all', async () => {
  const { world, attacher, one, two } = await staged()
  await world.portal(FIRST, 'drop')
  await attacher.attach(one)
  await attacher.detach('one')
  for (const portal of OTHERS) await world.portal(portal, 'refuse')
  await world.portal(FIRST, 'open')
  world.host.faults.plant({ on: 'kernel.connect', matching: FIRST.split(':')[0] ?? '', does: { delayMs: 2000 } })
  expect((await attacher.attach(two)).paths).toHaveLength(1)
  await attacher.detach('two')
  await world.portal(FIRST, 'drop')
  for (const portal of OTHERS) await world.portal(portal, 'open')
  const all = attacher.attach({ ...one, policy: { paths: { min: 'all' } } })
  await expect(all).rejects.toMatchObject({ code: 'ERR_MULTIPATH_NOT_FORMED' })
  await ended(world)
})

test('over a single path it is tried last, and is still tried', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  await world.portal(PORTAL, 'drop')
  const asked = request('one', { portals: [PORTAL, SECOND_PORTAL] })
  expect((await timed(world, attacher.attach(asked))).ms).toBeGreaterThan(2900)
  await attacher.detach('one')
  expect((await timed(world, attacher.attach(asked))).ms).toBeLessThan(1000)
  await attacher.detach('one')
  await world.portal(SECOND_PORTAL, 'refuse')
  await world.portal(PORTAL, 'open')
  expect((await attacher.attach(asked)).paths).toMatchObject([{ label: PORTAL }])
  await attacher.detach('one')
  await ended(world)
})
