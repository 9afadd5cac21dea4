/** A session counts when it is logged in and its disk has answered a read. */
import { expect, test } from 'vitest'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { ended, overAll, serve } from './field.js'

const never = new AbortController().signal

test('a session that another host ends again and again, since it has the same initiator name, is no success', async () => {
  for (const everyMs of [15, 40, 120, 400]) {
    const world = await serve({ multipathd: 'absent', delays: { udev: 500 } })
    world.host.storage.iscsi.rival(IQN, everyMs)
    const attacher = await world.attacher()
    await expect(attacher.attach(request('one'), { timeoutMs: 30_000 })).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
      message: expect.stringMatching(/has lost its connection|did not come up/) as string,
      sideEffects: 'undone',
      retryable: true,
    })
    await expectClean(world, `with a session of ${everyMs} ms`)
    world.host.storage.iscsi.rival(IQN, 0)
    await attacher.attach(request('one'))
    await attacher.detach('one')
    await ended(world)
  }
})

test('a map is no success when none of its sessions is up at the end', async () => {
  const world = await serve({ delays: { udev: 500 } })
  world.host.storage.iscsi.rival(IQN, 300)
  const attacher = await world.attacher()
  await expect(attacher.attach(overAll(), { timeoutMs: 20_000 })).rejects.toMatchObject({ sideEffects: 'undone', retryable: true })
  world.host.storage.iscsi.rival(IQN, 0)
  await ended(world)
})

test('of two sessions to one portal the one that is logged in is taken', async () => {
  const world = await serve({ multipathd: 'absent' })
  const { host } = world
  const record = `/etc/iscsi/nodes/${IQN}/10.99.1.1,3260`
  const lines = ['# BEGIN RECORD 2.1', `node.name = ${IQN}`, 'node.session.scan = manual', 'node.session.nr_sessions = 2']
  host.put(record, [...lines, 'node.conn[0].address = 10.99.1.1', 'node.conn[0].port = 3260', ''].join('\n'), { mode: 0o600 })
  const admin = host.process()
  const iscsiadm = (...words: string[]) => admin.commands.run(['iscsiadm', ...words], { signal: never, onAbort: 'leave' })
  const logIn = () => iscsiadm('-m', 'node', '-T', IQN, '-p', PORTAL, '--login')
  await logIn()
  await world.portal(PORTAL, 'drop')
  await world.sleep(12_000)
  expect(host.text('/sys/class/iscsi_session/session1/state')).toBe('FAILED')
  await world.portal(PORTAL, 'open')
  expect((await logIn()).exitCode).toBe(0)
  const attacher = await world.attacher()
  const { paths } = await attacher.attach(request('one'), { timeoutMs: 2000 })
  expect(paths).toMatchObject([{ iscsi: { session: 2 } }])
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  for (const session of ['1', '2']) await iscsiadm('-m', 'session', '-r', session, '--logout')
  host.take(`/etc/iscsi/nodes/${IQN}`)
  await ended(world)
})

test('a portal whose large packets are lost gives no path: the attach ends in time, is undone, and names the read', async () => {
  const world = await serve({ multipathd: 'absent' })
  world.host.storage.largePackets(PORTAL, 'lost')
  const attacher = await world.attacher()
  const from = world.now()
  await expect(attacher.attach(request('one'), { timeoutMs: 15_000 })).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    message: expect.stringMatching(/did not answer a read of 4096 bytes within [0-9]+ ms: check whether large packets are lost/) as string,
    sideEffects: 'undone',
  })
  expect(world.now() - from).toBeLessThanOrEqual(15_500)
  await expectClean(world, 'after the failure')
  world.host.storage.largePackets(PORTAL, 'pass')
  await ended(world)
})

test('a path whose large packets are lost stays out of the map, and joins it when they arrive', async () => {
  const world = await serve()
  world.host.storage.largePackets(SECOND_PORTAL, 'lost')
  const attacher = await world.attacher()
  const { paths, degraded } = await attacher.attach(overAll(), { timeoutMs: 60_000 })
  expect([paths.length, degraded]).toEqual([3, true])
  world.host.storage.largePackets(SECOND_PORTAL, 'pass')
  await world.sleep(20_000)
  expect((await world.maps()).map((map) => map.paths.length)).toEqual([4])
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  await ended(world)
})
