/** watch(): the health of attached volumes, over FakeHost. */
import { expect, test } from 'vitest'
import type { Attacher, HealthEvent } from '../../lib/index.js'
import { inspected, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'
import { FIRST, multipath, PORTALS, serveFour } from '../world/four.js'

function watching(attacher: Attacher, call?: { signal?: AbortSignal; timeoutMs?: number }) {
  const told: string[] = []
  const ended = (async () => {
    for await (const { id, health, active, inMap, named } of attacher.watch(call)) told.push(`${id} ${health} ${active}/${inMap}/${named}`)
  })()
  return { told, ended }
}

test('tells each change of a map once, from the first path that fails to the last one, and back', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world)
  const attacher = await world.attacher()
  const { told, ended } = watching(attacher)
  await attacher.attach(multipath('one'))
  for (const portal of PORTALS) {
    await world.portal(portal, 'refuse')
    await world.sleep(30_000)
  }
  for (const portal of PORTALS) await world.portal(portal, 'open')
  await world.sleep(20_000)
  expect(told).toEqual([
    'one degraded 3/4/4',
    'one degraded 2/4/4',
    'one one-path 1/4/4',
    'one no-path 0/4/4',
    ...told.slice(4, -1).filter((line) => /^one (degraded|one-path)/.test(line)),
    'one healthy 4/4/4',
  ])
  await attacher.detach('one')
  await world.close()
  await ended
  expect(told.at(-1)).toBe('one healthy 4/4/4')
})

test('begins with what is not well, also of an earlier process, and says that a disk has gone', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world)
  await world.portal(FIRST, 'refuse')
  const former = await world.attacher()
  await former.attach(multipath('degraded'))
  await former.close()
  const attacher = await world.attacher()
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  await attacher.attach(request('single', { lun: 2, portals: [PORTALS[1] ?? PORTAL] }))
  const stop = new AbortController()
  const { told, ended } = watching(attacher, { signal: stop.signal })
  await world.sleep(100)
  expect(told).toEqual(['degraded degraded 3/3/4'])
  const path = (await inspected(attacher, 'single')).paths[0]
  await world.host.kernel.write(
    { directory: `/sys/bus/scsi/devices/${path?.hctl ?? ''}`, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' },
    stop.signal,
  )
  await world.sleep(100)
  expect(told.slice(1)).toEqual(['single gone 0/0/1'])
  stop.abort()
  await ended
  await attacher.detach('single')
  await attacher.detach('degraded')
  await world.close()
  expect(world.host.clock.sleeping).toBe(0)
})

test('ends with its time, and with the attacher', async () => {
  const world = await createFakeWorld()
  const attacher = await world.attacher()
  const timed = watching(attacher, { timeoutMs: 1000 })
  const endless = watching(attacher)
  await timed.ended
  await attacher.close()
  await endless.ended
  expect(world.host.clock.sleeping).toBe(0)
})

test('close() gives late paths up, or waits for them when it is asked to', async () => {
  for (const latePaths of ['give-up', 'wait'] as const) {
    const world = await createFakeWorld({ multipathd: 'running' })
    await serveFour(world)
    await world.portal(FIRST, 'refuse')
    const attacher = await world.attacher()
    await attacher.attach(multipath('one'), { timeoutMs: 30_000 })
    await world.portal(FIRST, 'open')
    await attacher.close({ latePaths })
    await world.sleep(500) // udev, then multipathd
    const [event] = await toArray((await world.attacher()).watch({ timeoutMs: 1 }))
    expect(event?.active ?? 4).toBe(latePaths === 'wait' ? 4 : 3)
  }
})
async function toArray(events: AsyncIterable<HealthEvent>): Promise<HealthEvent[]> {
  const all: HealthEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
