/** Portals as control planes give them: repeated, or not there yet. */
import { expect, test } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { ended, serve } from './field.js'

const [FIRST = '', SECOND = ''] = PORTALS
const over = (...portals: string[]) => request('one', { portals, policy: { multipath: 'require', paths: { min: 'all' } } })

test('a portal that is named twice is one path', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const twice = over(FIRST, SECOND, FIRST)
  const { degraded, paths } = await attacher.attach(twice)
  expect(paths).toHaveLength(2)
  expect(degraded).toBe(false)
  expect(await world.sessions(IQN)).toHaveLength(2)
  expect(await attacher.attach(over(FIRST, SECOND))).toMatchObject({ reused: true })
  await attacher.detach({ connection: twice.connection })
  await ended(world)
})

test('a portal that is named twice is one path without a map, too', async () => {
  const world = await serve({ multipathd: 'absent' })
  const attacher = await world.attacher()
  expect(await attacher.attach(request('one', { portals: [FIRST, FIRST] }))).toMatchObject({ degraded: false })
  await attacher.detach('one')
  await ended(world)
})

test('an empty portal beside good ones is a missing path', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const missing = { ...over(FIRST, '', SECOND), policy: { multipath: 'require' } } as const
  const { degraded, paths } = await attacher.attach(missing)
  expect(paths).toHaveLength(2)
  expect(degraded).toBe(true)
  expect((await attacher.inspect('one')).attachment?.degraded).toBe(true)
  await attacher.detach({ connection: missing.connection })
  await ended(world)
})

test('an empty portal is refused where all paths are wanted', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await expect(attacher.attach(over(FIRST, ''))).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', sideEffects: 'none' })
  await ended(world)
})

test('a detach by a connection with an empty portal leaves what others have of the target', async () => {
  const world = await serve()
  await world.foreignLogin(IQN, SECOND)
  const attacher = await world.attacher()
  await attacher.detach({ connection: over(FIRST, '').connection })
  expect(await world.sessions(IQN)).toHaveLength(1)
  await world.foreignLogout(IQN, SECOND)
  await ended(world)
})
