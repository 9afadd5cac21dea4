/** Portals as control planes pass them: repeated, or not there yet. */
import { expect, test } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import type { AttachRequest } from '../../lib/index.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
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

const found = (targets: readonly string[], discovery: string): AttachRequest => ({
  id: 'one',
  connection: { protocol: 'iscsi', targets: targets.map((portal) => ({ iqn: IQN, lun: 1, portal })), discovery: { portal: discovery } },
  policy: { multipath: 'require', paths: { min: 'all' } },
})
async function showing(...portals: string[]): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals, luns: { 1: 'data' } })
  return world
}
const notesOf = ({ host }: FakeWorld) =>
  host.log.lines.map(({ message }) => message).filter((message) => message.startsWith('leaving out discovered portals'))

test('portals that only the host of the target can use are no paths, however they are spelled', async () => {
  const own = [
    '[fe80::1]:3260',
    '[FE80:0:0:0:0:0:0:2]:3260',
    '127.0.0.1:3260',
    '[::1]:3260',
    '0.0.0.0:3260',
    '[::]:3260',
    '169.254.3.3:3260',
  ]
  const world = await showing(FIRST, SECOND, ...own)
  const attacher = await world.attacher()
  const { degraded, paths } = await attacher.attach(found([FIRST], FIRST))
  expect(paths.map(({ label }) => label).sort()).toEqual([FIRST, SECOND])
  expect(degraded).toBe(false)
  expect(notesOf(world)).toHaveLength(1)
  await attacher.detach('one')
  await ended(world)
})

test('the spelled-out and the short form of an address are one portal', async () => {
  const world = await showing(FIRST, '[fd99::1]:3260')
  const attacher = await world.attacher()
  const { paths } = await attacher.attach(found([FIRST, '[FD99:0:0:0:0:0:0:1]:3260'], FIRST))
  expect(paths).toHaveLength(2)
  expect(notesOf(world)).toEqual([])
  await attacher.detach('one')
  await ended(world)
})

test('an address of 169.254/16 is a path where the host has one, too', async () => {
  const world = await showing(FIRST, '169.254.3.3:3260')
  world.host.put('/proc/1/net/fib_trie', '     |-- 169.254.7.7\n        /32 host LOCAL\n')
  const attacher = await world.attacher()
  expect((await attacher.attach(found([FIRST], FIRST))).paths).toHaveLength(2)
  await attacher.detach('one')
  await ended(world)
})

test('loopback portals are paths to a target of this host', async () => {
  const world = await showing('127.0.0.1:3260')
  const attacher = await world.attacher()
  expect((await attacher.attach(found(['127.0.0.1:3260'], '127.0.0.1:3260'))).paths).toHaveLength(1)
  await attacher.detach('one')
  await ended(world)
})

test('a target that is shown at no other address is unreachable', async () => {
  const world = await showing('[fe80::1]:3260')
  const other = 'iqn.2024-01.org.example:other'
  await world.target({ iqn: other, portals: [FIRST], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const asked = { protocol: 'iscsi', targets: [{ iqn: IQN, lun: 1 }], discovery: { portal: FIRST } } as const
  const message: unknown = expect.stringContaining('[fe80::1]:3260')
  await expect(attacher.attach({ id: 'one', connection: asked })).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', message })
  await ended(world)
})
