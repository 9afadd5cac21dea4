/** Cases from years of bug reports of other projects: growing volumes. */
import { expect, test, vi } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import type { FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { asMap, ended, serve, toldBy } from './field.js'

const MIB = 1024 * 1024
/** Makes multipathd give this answer to `resize map`, `times` times. */
function refuse(world: FakeWorld, answer: string, times: number): () => number {
  const { kernel } = world.host
  const exchange = kernel.exchange.bind(kernel)
  let asked = 0
  vi.spyOn(kernel, 'exchange').mockImplementation(async (given, signal) => {
    if (!toldBy(given.bytes).startsWith('resize map')) return await exchange(given, signal)
    asked += 1
    return asked > times ? await exchange(given, signal) : new TextEncoder().encode(`${answer}\n\0`)
  })
  return () => asked
}

test.each([false, true])(
  'every path is told to look once, then the map, whatever its name (friendly names: %s)',
  async (userFriendlyNames) => {
    const world = await serve({ userFriendlyNames })
    const attacher = await world.attacher()
    const { multipath } = await attacher.attach(asMap())
    const write = vi.spyOn(world.host.kernel, 'write')
    const exchange = vi.spyOn(world.host.kernel, 'exchange')
    await world.resizeVolume('data', 96)
    expect(await attacher.resize('one')).toMatchObject({ beforeBytes: 64 * MIB, sizeBytes: 96 * MIB })
    const rescans = write.mock.calls.filter(([{ attribute }]) => attribute === 'rescan')
    expect(new Set(rescans.map(([{ directory }]) => directory)).size).toBe(4)
    expect(rescans).toHaveLength(4)
    const resized = exchange.mock.calls.findIndex(
      ([{ bytes }]) => toldBy(bytes) === `resize map ${multipath?.device.slice('/dev/'.length) ?? ''}`,
    )
    expect(exchange.mock.invocationCallOrder[resized]).toBeGreaterThan(Math.max(...write.mock.invocationCallOrder))
    await attacher.detach('one')
    await ended(world)
  },
)

test('a single path grows at once: nobody waits for a map', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: [PORTAL] }))
  const exchange = vi.spyOn(world.host.kernel, 'exchange')
  await world.resizeVolume('data', 96)
  const from = world.now()
  expect(await attacher.resize('one')).toMatchObject({ sizeBytes: 96 * MIB, layers: [{ afterBytes: 96 * MIB }] })
  expect(world.now() - from).toBeLessThan(500)
  expect(exchange).not.toHaveBeenCalled()
  await attacher.detach('one')
  await ended(world)
})

test.each(['fail', 'timeout'])('multipathd that refuses (%s) is asked again, and for ever is an error in time', async (answer) => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  await world.resizeVolume('data', 96)
  const asked = refuse(world, answer, 3)
  expect(await attacher.resize('one')).toMatchObject({ sizeBytes: 96 * MIB })
  expect(asked()).toBe(4)
  vi.restoreAllMocks()

  await world.resizeVolume('data', 128)
  refuse(world, answer, Number.POSITIVE_INFINITY)
  const from = world.now()
  await expect(attacher.resize('one', { timeoutMs: 8000 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', step: 'resize-map' })
  expect(world.now() - from).toBeLessThanOrEqual(8500)
  vi.restoreAllMocks()
  expect(await attacher.resize('one')).toMatchObject({ sizeBytes: 128 * MIB })
  await attacher.detach('one')
  await ended(world)
})

test('what has lost all its paths does not grow, and the map keeps its size', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  await world.resizeVolume('data', 96)
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(60_000)
  const exchange = vi.spyOn(world.host.kernel, 'exchange')
  await expect(attacher.resize('one', { timeoutMs: 20_000 })).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) as string })
  expect(exchange.mock.calls.map(([{ bytes }]) => toldBy(bytes)).filter((command) => command.startsWith('resize'))).toEqual([])
  await attacher.detach('one', { force: true })
  await ended(world)
})

test('a volume that shows another identity by now does not grow', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: [PORTAL] }))
  await world.volume('intruder', { sizeMb: 128 })
  await world.mapLun(IQN, 1, 'intruder')
  await expect(attacher.resize('one')).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'verify' })
  await attacher.detach('one')
  await ended(world)
})
