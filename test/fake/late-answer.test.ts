/** A file system or a kernel call that does not respond: the caller gets its answer in time, and the late work is cleaned up. */
import { expect, test } from 'vitest'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { expectClean, request, serveOne } from '../world/expect.js'

const TIMEOUT_MS = 10_000
/** A moment after the deadline, within the promised 0.5 s. */
const ANSWERED_MS = TIMEOUT_MS + 250

async function serving() {
  const world = await createFakeWorld()
  await serveOne(world)
  return { world, attacher: await world.attacher(), now: () => world.host.clock.now() }
}
async function ended(world: FakeWorld) {
  await world.close()
  await expectClean(world, 'at the end')
  expect(world.host.locked).toEqual([])
  expect(world.host.clock.sleeping).toBe(0)
}

test('an attach that hangs in its last step answers that it timed out, and is undone once it goes on', async () => {
  const { world, attacher, now } = await serving()
  const stuck = world.host.faults.plant({ on: 'files.link', does: { hang: 'before' } })
  const from = now()
  await expect(attacher.attach(request('one'), { timeoutMs: TIMEOUT_MS })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    sideEffects: 'pending',
    volume: 'one',
  })
  expect(now() - from).toBeCloseTo(ANSWERED_MS)
  // Until the late work ends, the attachment is locked for other operations.
  await expect(attacher.detach('one', { timeoutMs: 2000 })).rejects.toMatchObject({ code: 'ERR_BUSY', sideEffects: 'none' })
  stuck.release()
  await world.sleep(30_000)
  await expectClean(world, 'a while after it went on')
  expect(await attacher.list()).toEqual([])
  await attacher.attach(request('one'))
  await attacher.detach('one')
  await ended(world)
})

test('an attach whose undoing hangs says why it failed, in time', async () => {
  const { world, attacher, now } = await serving()
  const full = world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
  const attaching = attacher.attach(request('one'), { timeoutMs: TIMEOUT_MS })
  const stuck = world.host.faults.plant({ on: 'files.remove', matching: 'by-id', does: { hang: 'before' } })
  const from = now()
  await expect(attaching).rejects.toMatchObject({ code: 'ERR_KERNEL', step: 'commit', sideEffects: 'pending' })
  expect([full.met, stuck.met]).toEqual([1, 1])
  expect(now() - from).toBeCloseTo(ANSWERED_MS)
  stuck.release()
  await world.sleep(30_000)
  expect(await attacher.list()).toEqual([])
  await ended(world)
})

test('a detach that hangs answers, and is found done by the next one', async () => {
  const { world, attacher, now } = await serving()
  await attacher.attach(request('one'))
  const stuck = world.host.faults.plant({ on: 'files.remove', matching: 'by-id', does: { hang: 'before' } })
  const from = now()
  await expect(attacher.detach('one', { timeoutMs: TIMEOUT_MS })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', sideEffects: 'pending' })
  expect(now() - from).toBeCloseTo(ANSWERED_MS)
  stuck.release()
  await attacher.detach('one')
  await ended(world)
})

test('a question that hangs answers that it timed out, and close() waits for what is under way', async () => {
  const { world, attacher, now } = await serving()
  await attacher.attach(request('one'))
  const stuck = world.host.faults.plant({ on: 'files.list', matching: 'attachments', does: { hang: 'before' } })
  const from = now()
  await expect(attacher.list({ timeoutMs: TIMEOUT_MS })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', sideEffects: 'none' })
  expect(now() - from).toBeCloseTo(ANSWERED_MS)
  stuck.release()
  await attacher.detach('one')
  await ended(world)
})

test('a detach whose time ends while it looks at the device that it holds lets go of it', async () => {
  const { world, attacher } = await serving()
  await attacher.attach(request('one'))
  const { faults, users } = world.host
  const hold = faults.plant({ on: 'kernel.hold', does: { delayMs: 10 } })
  const detaching = attacher.detach('one', { timeoutMs: 2000 })
  const refused = expect(detaching).rejects.toMatchObject({ code: 'ERR_TIMEOUT', step: 'check-users' })
  await hold.reached
  const stuck = faults.plant({ on: 'kernel.readTree', matching: '/sys/class/block', does: { hang: 'before' } })
  await refused
  expect(stuck.met).toBe(1)
  expect(users.holds).toEqual([])
  stuck.release()
  await attacher.detach('one')
  await ended(world)
})
