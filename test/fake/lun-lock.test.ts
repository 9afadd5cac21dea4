/** A LUN is locked while its disk is released: until then no other operation scans it or uses the disk. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

test('an attach of another owner waits until the disk has gone, and brings it in anew', async () => {
  const world = await createFakeWorld()
  for (const name of ['data', 'more']) await world.volume(name)
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'more' } })
  const ann = await world.attacher()
  const ben = await world.attacher({ owner: 'ben', stateDir: `${world.stateDir}-ben` })
  await ann.attach(request('keeps the session', { lun: 2 }))
  await ann.attach(request('one'))
  const slow = world.host.faults.plant({ on: 'kernel.write', matching: '/delete 1', does: { delayMs: 2000 } })
  const detached = ann.detach('one')
  await slow.reached
  const { device } = await ben.attach(request('one'))
  const { outcome, kept } = await detached
  expect(outcome).toBe('released')
  expect(kept.filter(({ what }) => what.startsWith('disk'))).toEqual([])
  expect(Buffer.from(await world.read(device, 512)).toString('latin1', 0, 11)).toBe('volume data')
  await ben.detach('one')
  await ann.detach('keeps the session')
  await expectClean(world, 'after all')
  await world.close()
  world.host.verify()
})
