/** A claim says until when a login may succeed whose process has died. What it says must hold however slowly the process went on. */
import { expect, test } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

const RECORD = `/etc/iscsi/nodes/${IQN}/${PORTAL.replace(':', ',')}`
const WAYS: readonly (readonly [string, NonNullable<AttachRequest['policy']>, string])[] = [
  ['by iscsiadm', {}, 'commands.run'],
  ['by socket', { iscsi: { logins: 'socket' } }, 'kernel.exchange'],
]

async function slowWorld() {
  const world = await createFakeWorld({ delays: { login: 6000 } })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  return world
}

test.each(WAYS)('a login %s that is asked for late leaves no session when its process dies meanwhile', async (_, policy) => {
  const world = await slowWorld()
  const attacher = await world.attacher()
  // Longer than the window of a login: other logins are in progress, or the host stalls.
  const slot = world.host.faults.plant({ on: 'locks.take', matching: 'running login', does: { delayMs: 25_000 } })
  void attacher.attach(request('one', { policy }), { timeoutMs: 120_000 }).catch(() => undefined)
  await slot.reached
  await world.portal(PORTAL, 'drop') // so that iscsid still connects when the process dies
  await world.sleep(27_000)
  world.crash()
  const next = await world.attacher()
  const recovered = next.recover()
  await world.sleep(2000)
  await world.portal(PORTAL, 'open')
  await recovered
  await world.sleep(30_000)
  await world.close()
  await expectClean(world, 'after the recovery')
  world.host.verify()
})

test.each(WAYS)('an attach that has given up before its login %s does not ask for it any more', async (_, policy, call) => {
  const world = await slowWorld()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { policy }))
  await attacher.detach('one')
  world.host.faults.plant({ on: 'locks.take', matching: 'running login', does: { delayMs: 25_000 } })
  const { length } = world.host.trace
  await expect(attacher.attach(request('two', { policy }), { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  await world.sleep(60_000)
  const asked = world.host.trace.slice(length).filter((each) => each.call === call && !each.subject.includes('-m session'))
  expect(asked.map(({ subject }) => subject)).toEqual([])
  await attacher.recover()
  await world.close()
  await expectClean(world, 'after the recovery')
  world.host.verify()
})

test('a record that is deleted by hand during the login of a process that has died leaves no session', async () => {
  const world = await slowWorld()
  const attacher = await world.attacher()
  void attacher.attach(request('one')).catch(() => undefined)
  await world.sleep(3000)
  world.crash()
  expect(world.host.take(RECORD)).toBe(true)
  const next = await world.attacher()
  await next.recover()
  await world.sleep(30_000)
  await world.close()
  await expectClean(world, 'after the recovery')
  world.host.verify()
})
