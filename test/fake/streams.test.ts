/** The streams of an attacher, over FakeHost: how they end, and that nothing is left. */
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { type Attacher, type EventStream, uevents } from '../../lib/index.js'
import type { FakeWorld } from '../world/fake/world.js'
import { createFakeWorld } from '../world/fake/world.js'
import { IQN, PORTAL, request } from '../world/expect.js'

type Open = (attacher: Attacher, world: FakeWorld, signal?: AbortSignal) => Promise<EventStream<unknown>>
const call = (signal?: AbortSignal) => (signal === undefined ? {} : { signal })
const streams: Readonly<Record<string, Open>> = {
  watch: (attacher, _, signal) => Promise.resolve(attacher.watch(call(signal))),
  events: (attacher, _, signal) => Promise.resolve(attacher.events(call(signal))),
  follow: (attacher, _, signal) => Promise.resolve(attacher.follow(call(signal))),
  uevents: (_, { host }, signal) => uevents({ host, ...call(signal) }),
}

/** A world in which each stream has a value soon after its start: the attachment is degraded. */
async function changing(): Promise<{ world: FakeWorld; attacher: Attacher }> {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, '10.0.0.2:3260'], luns: { 1: 'data' } })
  await world.portal('10.0.0.2:3260', 'refuse')
  return { world, attacher: await world.attacher() }
}
const attach = (attacher: Attacher) => attacher.attach(request('one', { portals: [PORTAL, '10.0.0.2:3260'] }), { timeoutMs: 5000 })

describe.each(Object.keys(streams))('%s()', (name) => {
  const open = streams[name] as Open

  test.each(['signal', 'break', 'throw', 'close', 'await using'] as const)('ends by %s, and leaves nothing', async (how) => {
    if (name === 'uevents' && how === 'close') return
    const { world, attacher } = await changing()
    const stop = new AbortController()
    const { signal } = stop
    const { listeners } = world.host.uevents // udevd and multipathd
    const before = process.getActiveResourcesInfo().filter((each) => each === 'MessagePort').length
    const stream = await open(attacher, world, signal)
    let read = 0
    const looped = (async () => {
      if (how === 'await using') {
        await using mine = stream
        await mine.next()
        read += 1
        return
      }
      for await (const value of stream) {
        read += value === undefined ? 0 : 1
        if (how === 'break') break
        if (how === 'throw') throw new Error('the reader fails')
        if (how === 'signal') stop.abort()
      }
    })()
    const ended = looped.then(
      () => 'ended',
      (error: unknown) => (error as Error).message,
    )
    await attach(attacher)
    await world.sleep(10_000)
    if (how === 'close') await attacher.close()
    expect(await ended).toBe(how === 'throw' ? 'the reader fails' : 'ended')
    expect(read).toBeGreaterThan(0)
    expect((await stream.next()).done).toBe(true)
    if (how !== 'close') await attacher.detach('one')
    await world.close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(world.host.clock.sleeping).toBe(0)
    expect(world.host.uevents.listeners).toBe(listeners)
    expect(process.getActiveResourcesInfo().filter((each) => each === 'MessagePort').length).toBe(before)
  })
})

test('a slow reader of watch() gets the health of the moment, not each change before', async () => {
  const { world, attacher } = await changing()
  const health = attacher.watch()
  const first = health.next()
  await attach(attacher)
  expect((await first).value).toMatchObject({ active: 1, named: 2 })
  await world.portal(PORTAL, 'refuse')
  await world.sleep(30_000)
  await world.portal(PORTAL, 'open')
  await world.sleep(30_000)
  const next = health.next()
  await attacher.detach('one')
  await attacher.close()
  expect([await next, health.missed]).toEqual([{ done: true, value: undefined }, 0])
})

test('a query that hangs delays the end of follow() only a moment', async () => {
  const { world, attacher } = await changing()
  const stop = new AbortController()
  const stream = attacher.follow({ signal: stop.signal })
  await stream.next()
  world.host.faults.plant({ on: 'kernel.readTree', does: { hang: 'before' }, times: 100 })
  const next = stream.next()
  await world.sleep(5000)
  const from = world.host.clock.now()
  await stream.return()
  expect((await next).done).toBe(true)
  expect(world.host.clock.now() - from).toBeLessThan(500)
})
