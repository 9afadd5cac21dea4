/** Calls about something that is not attached: an answer of its own, and nothing is touched. */
import { expect, test } from 'vitest'
import type { Attacher, BrickworkError } from '../../lib/index.js'
import { request, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

async function failure(promise: Promise<unknown>): Promise<BrickworkError> {
  return await promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error as BrickworkError,
  )
}
const { connection } = request('any')
async function filesOf(world: FakeWorld): Promise<string[]> {
  return [...(await world.list(`${world.stateDir}/attachments`)), ...(await world.list(`${world.runDir}/claims`))]
}

const verbs: readonly (readonly [string, (attacher: Attacher, ref: Parameters<Attacher['detach']>[0]) => Promise<unknown>])[] = [
  ['inspect', (attacher, ref) => attacher.inspect(ref)],
  ['resize', (attacher, ref) => attacher.resize(ref)],
  ["detach with ifMissing: 'error'", (attacher, ref) => attacher.detach(ref, { ifMissing: 'error' })],
]
test.each(verbs)('%s of an id or a connection that is not attached is ERR_NOT_ATTACHED, and touches nothing', async (_, call) => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  expect(await failure(call(attacher, 'none'))).toMatchObject({
    code: 'ERR_NOT_ATTACHED',
    message: '"none" is not attached',
    volume: 'none',
    details: { id: 'none' },
    sideEffects: 'none',
    retryable: false,
  })
  const byConnection = await failure(call(attacher, { connection }))
  expect(byConnection).toMatchObject({ code: 'ERR_NOT_ATTACHED', message: 'This connection is not attached', details: {} })
  expect(await filesOf(world)).toEqual([])
  await world.close()
})

test.each(verbs)('%s does not see the attachment of another owner', async (_, call) => {
  const world = await createFakeWorld()
  await serveOne(world)
  await (await world.attacher({ owner: 'a', stateDir: '/var/lib/a' })).attach(request('one'))
  const other = await world.attacher({ owner: 'b', stateDir: '/var/lib/b' })
  expect(await failure(call(other, 'one'))).toMatchObject({ code: 'ERR_NOT_ATTACHED' })
  await world.close()
})

test('without ifMissing, or with ok, a detach of what is not attached succeeds', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  for (const ref of ['none', { connection }])
    for (const call of [{}, { ifMissing: 'ok' as const }]) expect((await attacher.detach(ref, call)).outcome).toBe('already-released')
  const wrong = await failure(attacher.detach('none', { ifMissing: 'throw' as 'ok' }))
  expect(wrong).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', details: { field: 'ifMissing' } })
  await world.close()
})

test('with ifMissing: error, a detach of what is attached detaches, and the next one fails', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  expect((await attacher.detach('one', { ifMissing: 'error' })).outcome).toBe('released')
  expect(await failure(attacher.detach('one', { ifMissing: 'error' }))).toMatchObject({ code: 'ERR_NOT_ATTACHED' })
  await world.close()
})

test('a resize after a reboot says that the attachment was of an earlier boot', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  await (await world.attacher()).attach(request('one'))
  world.reboot()
  const attacher = await world.attacher()
  const error = await failure(attacher.resize('one'))
  expect(error).toMatchObject({ code: 'ERR_NOT_ATTACHED', details: { id: 'one' } })
  expect(error.message).toBe('"one" was attached before the last boot of this host; attach it again')
  await world.close()
})
