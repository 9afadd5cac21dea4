/** What a process of a FakeHost leaves behind when it dies: nothing that keeps the process of the test alive. */
import { expect, test } from 'vitest'
import { realClock } from '../../lib/host/clock.js'
import { createAttacher } from '../../lib/index.js'
import { IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

/** Open message ports of this process: what keeps it alive while somebody waits. */
const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length

test('a reader and an operation that never end, because their process has died, keep no process alive', async () => {
  const before = ports()
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const { host } = world
  const attacher = await createAttacher({ host })
  void attacher.events().next()
  host.crashAt(40, 'after')
  void attacher.attach(request('one'))
  await host.died
  expect(host.alive).toBe(false)
  expect(ports()).toBe(before)
})
test('with a real clock a reader keeps the process alive', () => {
  const before = ports()
  const alive = realClock.keepAlive()
  expect(ports()).toBe(before + 1)
  alive[Symbol.dispose]()
  expect(ports()).toBe(before)
})
