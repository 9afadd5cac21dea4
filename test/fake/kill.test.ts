/** Processes that a killed process leaves running: helpers that delete disks, and iscsiadm. Only FakeHost can time them. */
import { expect, test } from 'vitest'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, request, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

async function killedWhileDetaching(step: string, afterMs: number, options: FakeHostOptions): Promise<FakeWorld> {
  const world = await createFakeWorld(options)
  await serveOne(world)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const events = attacher.events()
  void attacher.detach('one')
  for await (const event of events) if (event.type === 'step:start' && event.step === step) break
  await world.sleep(afterMs)
  world.crash()
  return world
}

test.each([
  ['logout', { delays: { logout: 500 } }],
  ['delete', { delays: { removeDisk: 500 } }],
])('a detach that was killed in its %s is completed while that still goes on', async (step, options) => {
  const world = await killedWhileDetaching(step, 20, options)
  const attacher = await world.attacher()
  const { actions } = await attacher.recover()
  expect(actions.map(({ action }) => action)).toEqual(['completed'])
  await expectClean(world, 'after the recovery')
  await world.close()
  world.host.verify()
})

test('a session that iscsid is just connecting again is logged out a moment later', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const refusal = { exitCode: 32, stdout: '', stderr: 'initiator reported error (32 - target likely not connected)', signal: null }
  world.host.faults.plant({ on: 'commands.run', matching: '--logout', times: 2, does: { answer: refusal } })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  await expectClean(world, 'after the detach')
  await world.close()
  world.host.verify()
})

test('a logout that fails for another reason is said, and the session is not forgotten', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  world.host.faults.plant({
    on: 'commands.run',
    matching: '--logout',
    does: { answer: { exitCode: 20, stdout: '', stderr: '', signal: null } },
  })
  await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_DETACH_INCOMPLETE' })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  await expectClean(world, 'after the second detach')
  await world.close()
  world.host.verify()
})

test('an attach whose last line could not be written, nor its first one taken back, is undone once the disk is back', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  const events = attacher.events()
  const attached = attacher.attach(request('one'))
  for await (const event of events) if (event.type === 'step:start' && event.step === 'login') break
  world.host.faults.plant({ on: 'files.commit', times: 3, does: { fail: 'EROFS' } })
  await expect(attached).rejects.toMatchObject({ code: 'ERR_STATE', sideEffects: 'left' })
  await attacher.close()
  const next = await world.attacher()
  expect((await next.recover()).actions.map(({ action }) => action)).toEqual(['undone'])
  expect(await next.list()).toEqual([])
  await expectClean(world, 'once the disk is back')
  await world.close()
  world.host.verify()
})
