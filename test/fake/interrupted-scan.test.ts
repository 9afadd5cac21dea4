/** An abandoned scan continues in the kernel. Whenever its disk appears, it belongs to the attach that requested the scan. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

async function worldOfSlowScans() {
  const world = await createFakeWorld({ delays: { scan: 1000 } })
  for (const volume of ['data', 'other']) await world.volume(volume)
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'other' } })
  return world
}

test('a disk that comes after its attach has failed goes, also when its session stays', async () => {
  const world = await worldOfSlowScans()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const controller = new AbortController()
  const second = attacher.attach(request('two', { lun: 2 }), { signal: controller.signal })
  await world.sleep(500) // in the middle of the scan
  controller.abort(new Error('no longer wanted'))
  await expect(second).rejects.toMatchObject({ code: 'ERR_ABORTED', sideEffects: 'undone' })
  await world.sleep(5000)
  expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
  await attacher.detach('one')
  await world.close()
  await expectClean(world, 'at the end')
})

test('a disk that comes while its session is still there is written down until the session has gone', async () => {
  const world = await worldOfSlowScans()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'commands.run', matching: '--logout', does: { fail: 'EIO' } })
  const controller = new AbortController()
  const only = attacher.attach(request('one'), { signal: controller.signal })
  await world.sleep(500)
  controller.abort(new Error('no longer wanted'))
  await expect(only).rejects.toMatchObject({ code: 'ERR_ABORTED', sideEffects: 'left' })
  const [claim = ''] = world.host.names('/run/brickwork/claims')
  expect(world.host.text(`/run/brickwork/claims/${claim}`)).toContain('"disk session 1 1"')
  await world.close() // resolves pending work
  await expectClean(world, 'at the end')
})

test('a disk that comes while its session stays for a disk of another program goes', async () => {
  const world = await worldOfSlowScans()
  const attacher = await world.attacher()
  const controller = new AbortController()
  // The other program acts between the login and the scan.
  world.host.faults.plant({ on: 'events.watch', matching: 'disk:', does: { delayMs: 5000 } })
  const attach = attacher.attach(request('one'), { signal: controller.signal })
  await world.sleep(500)
  const theirs = await world.foreignScan(IQN, PORTAL, 2)
  await world.sleep(5300 - world.host.clock.now())
  expect(world.host.trace.some(({ subject }) => subject.endsWith('/scan 0 0 1'))).toBe(true)
  controller.abort(new Error('no longer wanted'))
  await expect(attach).rejects.toMatchObject({ code: 'ERR_ABORTED', sideEffects: 'undone' })
  await world.sleep(5000)
  expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
  expect(await world.disks()).toEqual([theirs])
  await world.close()
  world.host.verify()
})
