/** A portal may redirect a login: the session belongs to the portal in the request. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { ended } from './field.js'

async function redirecting(to: string): Promise<FakeWorld> {
  const world = await createFakeWorld()
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [SECOND_PORTAL], luns: { 1: 'data' } })
  await world.redirectLogins(PORTAL, to)
  return world
}

test('detach, recovery and a second attachment over the portal that redirects find the session', async () => {
  const world = await redirecting(SECOND_PORTAL)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  expect((await attacher.enumerate()).sessions).toMatchObject([{ portal: PORTAL, connections: [{ portal: SECOND_PORTAL }] }])
  await attacher.attach(request('two'))
  expect(await world.sessions(IQN)).toHaveLength(1)
  world.host.iscsid.stop()
  world.host.iscsid.start()
  world.crash()
  const next = await world.attacher()
  await next.recover()
  expect(await next.attach(request('one'))).toMatchObject({ reused: true })
  expect(await next.detach('two')).toMatchObject({ outcome: 'released' })
  expect(await world.sessions(IQN)).toHaveLength(1)
  expect(await next.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('without journal and claims the session of a redirected login is found by the connection, and by recovery', async () => {
  for (const how of ['detach', 'recover'] as const) {
    const world = await redirecting(SECOND_PORTAL)
    const attacher = await world.attacher()
    const { connection } = request('one')
    await attacher.attach(request('one'))
    world.crash()
    for (const directory of ['/run/brickwork/claims', '/var/lib/brickwork/attachments']) world.host.take(directory)
    const next = await world.attacher()
    if (how === 'detach') expect(await next.detach({ connection })).toMatchObject({ outcome: 'released' })
    else await next.recover()
    await expectClean(world, `after ${how}`)
    await ended(world)
  }
})

test('the portal where redirected sessions end up has a session of its own', async () => {
  const world = await redirecting(SECOND_PORTAL)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await attacher.attach(request('two', { portals: [SECOND_PORTAL] }))
  expect(await world.sessions(IQN)).toHaveLength(2)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  expect((await attacher.enumerate()).sessions).toMatchObject([{ portal: SECOND_PORTAL }])
  expect(await attacher.detach('two')).toMatchObject({ outcome: 'released' })
  await ended(world)
})

test('a redirection to an address that cannot be reached is an unreachable target within the time of the login, and leaves nothing', async () => {
  for (const to of ['10.99.9.9:3260', '10.99.8.8:3260']) {
    const world = await redirecting(to)
    await world.portal('10.99.9.9:3260', 'drop')
    const attacher = await world.attacher()
    const from = world.now()
    await expect(attacher.attach(request('one'), { timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
      message: expect.stringContaining('redirects no login to an unreachable address') as string,
    })
    expect(world.now() - from).toBeLessThanOrEqual(20_500)
    await ended(world)
  }
})
