/** forget(): the record of an attachment is given up, and the host stays as it is. */
import { describe, expect, test } from 'vitest'
import type { BrickworkError } from '../../lib/index.js'
import { isBrickworkError } from '../../lib/index.js'
import { IQN, PORTAL, request, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

async function failure(promise: Promise<unknown>): Promise<BrickworkError> {
  return await promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error as BrickworkError,
  )
}
/** All of Brickwork's files about attachments. */
async function records(world: FakeWorld): Promise<string[]> {
  const folders = [`${world.stateDir}/attachments`, `${world.runDir}/claims`, `${world.runDir}/by-id`]
  return (await Promise.all(folders.map((folder) => world.list(folder)))).flat()
}
async function served(): Promise<FakeWorld> {
  const world = await createFakeWorld()
  await serveOne(world)
  return world
}
/** Somebody else logs out and deletes the record: nothing of the attachment is left. */
async function lose(world: FakeWorld): Promise<void> {
  await world.foreignLogout(IQN, PORTAL)
  expect(await world.leftovers()).toEqual({ sessions: [], records: [], disks: [], maps: [] })
}

describe('forget', () => {
  test('gives up an attachment whose device is gone: no file is left, and recover() has nothing to do', async () => {
    const world = await served()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    await lose(world)
    expect(await attacher.forget('one')).toMatchObject({ id: 'one', remaining: [] })
    expect(await records(world)).toEqual([])
    expect((await attacher.recover()).actions).toEqual([])
    expect(await failure(attacher.inspect('one'))).toMatchObject({ code: 'ERR_NOT_ATTACHED' })
    await world.close()
  })

  test('refuses while objects are there, says which, and changes nothing', async () => {
    const world = await served()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    const [before, had] = [await world.leftovers(), await records(world)]
    const ran = world.host.ran.length
    const error = await failure(attacher.forget('one'))
    expect(error).toMatchObject({ code: 'ERR_CONFLICT', step: 'find', sideEffects: 'none' })
    if (!isBrickworkError(error, 'ERR_CONFLICT')) return
    const what = error.details.remaining?.map((each) => each.what.replace(/[0-9]+$/, 'N')) ?? []
    expect(what).toEqual(expect.arrayContaining(['session N', 'disk /dev/sda', expect.stringMatching(/^record /)]))
    expect([await world.leftovers(), await records(world), world.host.ran.length]).toEqual([before, had, ran])
    await attacher.detach('one')
    await world.close()
  })

  test('with leaveRemaining leaves the objects as they are and reports them; recover() then removes them as orphans', async () => {
    const world = await served()
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    const [before, ran] = [await world.leftovers(), world.host.ran.length]
    const { remaining } = await attacher.forget('one', { leaveRemaining: true })
    expect(remaining.length).toBeGreaterThan(2)
    expect([await world.leftovers(), await records(world), world.host.ran.length]).toEqual([before, [], ran])
    const { actions } = await attacher.recover()
    expect(actions.map(({ id, action }) => ({ id, action }))).toContainEqual({ id: null, action: 'removed' })
    expect(await world.leftovers()).toEqual({ sessions: [], records: [], disks: [], maps: [] })
    await world.close()
  })

  test('does not count what another attachment uses, and leaves that attachment as it is', async () => {
    const world = await served()
    const a = await world.attacher({ owner: 'a', stateDir: '/var/lib/a' })
    const b = await world.attacher({ owner: 'b', stateDir: '/var/lib/b' })
    await a.attach(request('one'))
    await b.attach(request('one'))
    expect(await a.forget('one')).toMatchObject({ remaining: [] })
    expect(await failure(a.forget('one'))).toMatchObject({ code: 'ERR_NOT_ATTACHED' })
    expect((await b.inspect('one')).attachment).not.toBeNull()
    expect((await a.recover()).actions.filter(({ action }) => action !== 'foreign')).toEqual([])
    expect(await b.detach('one')).toMatchObject({ outcome: 'released' })
    expect(await world.leftovers()).toEqual({ sessions: [], records: [], disks: [], maps: [] })
    await world.close()
  })

  test('gives up a local device that cannot be opened', async () => {
    const world = await createFakeWorld()
    await world.volume('local')
    world.host.localDisk('vdb', 'local')
    world.host.put('/run/udev/data/b254:16', 'I:1000')
    const attacher = await world.attacher()
    await attacher.attach({ id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } })
    expect(await attacher.forget('one')).toMatchObject({ remaining: [] })
    expect(await records(world)).toEqual([])
    await world.close()
  })

  test('after a reboot counts only what outlives one', async () => {
    const world = await served()
    await (await world.attacher()).attach(request('one'))
    world.reboot()
    const attacher = await world.attacher()
    const error = await failure(attacher.forget('one'))
    expect(isBrickworkError(error, 'ERR_CONFLICT') && error.details.remaining?.map(({ what }) => what.split(' ')[0])).toEqual(['record'])
    await attacher.forget('one', { leaveRemaining: true })
    expect(await records(world)).toEqual([])
    await world.close()
  })

  test('of an unknown id is ERR_NOT_ATTACHED', async () => {
    const world = await served()
    const attacher = await world.attacher()
    expect(await failure(attacher.forget('one'))).toMatchObject({ code: 'ERR_NOT_ATTACHED', details: { id: 'one' } })
    expect(await failure(attacher.forget(''))).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
    await world.close()
  })

  test.each(['before', 'after'] as const)('killed %s any call: recorded or forgotten, and a repeated call finishes', async (moment) => {
    for (let call = 1; ; call += 1) {
      const world = await served()
      const attacher = await world.attacher()
      await attacher.attach(request('one'))
      await lose(world)
      const victim = world.host
      victim.crashAt(victim.calls + call, moment)
      const outlived = await Promise.race([attacher.forget('one').then(() => true), victim.died.then(() => false)])
      if (outlived) {
        expect(call).toBeGreaterThan(5)
        return
      }
      world.crash()
      const next = await world.attacher()
      const again = await next.forget('one').catch((error: unknown) => error)
      if (isBrickworkError(again)) expect(again.code).toBe('ERR_NOT_ATTACHED')
      expect(await records(world), `${moment} call ${call}`).toEqual([])
      expect((await next.recover()).actions).toEqual([])
      await world.close()
    }
  })
})
