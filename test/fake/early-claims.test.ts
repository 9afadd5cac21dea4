/** A claim is written before what it names is done. What another program does in between is not taken for Brickwork's own. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

test('a disk that another program finds on a new session first is its own, and stays', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const look = world.host.faults.plant({ on: 'events.watch', matching: 'disk:', does: { delayMs: 500 } })
  const attaching = attacher.attach(request('one'))
  await look.reached
  const disk = await world.foreignScan(IQN, PORTAL, 1)
  await attaching
  const { kept } = await attacher.detach('one')
  expect(kept.map(({ what }) => what)).toContainEqual(expect.stringContaining(disk))
  expect(await world.host.files.stat(`/sys/block/${disk}`)).toBeDefined()
  await world.foreignLogout(IQN, PORTAL)
  await world.close()
  await expectClean(world, 'after the other program has logged out')
  world.host.verify()
})

test('a session that comes up after a process died before its login is not its own, and is waited for by nobody', async () => {
  const world = await createFakeWorld()
  await world.target({ iqn: IQN, portals: [PORTAL], luns: {} })
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'kernel.changeRecord', does: { crash: 'before' } })
  void attacher.attach(request('one')).catch(() => undefined)
  await world.host.died
  world.crash()
  const session = await world.foreignLogin(IQN, PORTAL)
  const from = world.now()
  const next = await world.attacher()
  await next.recover()
  expect(world.now() - from).toBeLessThan(5000)
  expect(await world.sessions(IQN)).toEqual([session])
  await world.foreignLogout(IQN, PORTAL)
  await world.close()
  await expectClean(world, 'after the other program has logged out')
  world.host.verify()
})

test('a session that comes up after a process died before a later login is not its own, although its login may have begun', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await attacher.detach('one')
  world.host.faults.plant({ on: 'kernel.changeRecord', does: { crash: 'before' } })
  void attacher.attach(request('two')).catch(() => undefined)
  await world.host.died
  world.crash()
  await world.unmapLun(IQN, 1) // the session of the other program has no disk
  const session = await world.foreignLogin(IQN, PORTAL)
  const next = await world.attacher()
  await next.recover()
  expect(await world.sessions(IQN)).toEqual([session])
  await world.foreignLogout(IQN, PORTAL)
  await world.close()
  await expectClean(world, 'after the other program has logged out')
  world.host.verify()
})
