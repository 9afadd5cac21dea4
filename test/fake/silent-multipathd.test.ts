/** A multipathd that does not answer delays no volume that doesn't need it, and never counts as not running. */
import { expect, test } from 'vitest'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { ended, serve } from './field.js'

type World = Awaited<ReturnType<typeof serve>>
const forever = new AbortController().signal
const overOne = (id: string, multipath: 'prefer' | 'never') => request(id, { portals: PORTALS.slice(0, 1), policy: { multipath } })

/** multipathd keeps working, but answers no request. */
function mute({ host }: World): () => void {
  const planted = host.faults.plant({ on: 'kernel.exchange', matching: 'multipathd', does: { hang: 'before' }, times: Infinity })
  return () => planted.withdraw()
}
const stopped = ({ host }: World) => host.multipathd.pause()
const questions = ({ host }: World) =>
  host.trace.filter(({ call, subject }) => call === 'kernel.exchange' && subject.includes('multipathd')).length
async function timed<T>({ host }: World, work: Promise<T>): Promise<{ readonly took: number; readonly answer: T }> {
  const from = host.clock.now()
  const answer = await work
  return { took: host.clock.now() - from, answer }
}

test.each([
  ['stopped', stopped, 1500],
  ['mute', mute, 5500],
] as const)('that is %s delays the first detach, and none for some seconds after that', async (_, silence, firstMs) => {
  const world = await serve()
  const goOn = silence(world)
  const attacher = await world.attacher()
  const detachNext = async () => {
    await attacher.attach(overOne('one', 'never'))
    return (await timed(world, attacher.detach('one'))).took
  }
  expect(await detachNext()).toBeLessThan(firstMs)
  const asked = questions(world)
  for (let round = 0; round < 3; round += 1) expect(await detachNext()).toBeLessThan(200)
  expect(questions(world), 'nobody asks meanwhile').toBe(asked)

  await world.sleep(10_000)
  goOn()
  await detachNext()
  expect(questions(world), 'it is asked again').toBeGreaterThan(asked)
  await ended(world)
})

test('that stays silent is asked again by one operation, and the others do not wait', async () => {
  const world = await serve()
  const [portal = ''] = PORTALS
  const luns = [1, 2, 3, 4]
  for (const lun of luns) await world.volume(`more-${lun}`)
  const iqn = 'iqn.2024-01.org.example:more'
  await world.target({ iqn, portals: [portal], luns: Object.fromEntries(luns.map((lun) => [lun, `more-${lun}`])) })
  const withdraw = mute(world)
  const attacher = await world.attacher()
  const attachAll = () =>
    Promise.all(
      luns.map((lun) =>
        attacher.attach({
          id: `more-${lun}`,
          connection: { protocol: 'iscsi', targets: [{ portal, iqn, lun }] },
          policy: { multipath: 'never' },
        }),
      ),
    )
  const detachAll = () => Promise.all(luns.map(async (lun) => (await timed(world, attacher.detach(`more-${lun}`))).took))
  await attachAll()
  await detachAll()
  await attachAll()
  await world.sleep(12_000)
  expect((await detachAll()).filter((took) => took > 1000)).toHaveLength(1)
  withdraw()
  await ended(world)
})

test('that is stopped does not delay a volume with one path', async () => {
  const world = await serve()
  const goOn = stopped(world)
  const attacher = await world.attacher()
  const one = await timed(world, attacher.attach(overOne('one', 'prefer')))
  expect([one.answer.device, one.took < 1500]).toEqual(['/dev/sda', true])
  await attacher.detach('one')
  const again = await timed(world, attacher.attach(overOne('one', 'prefer')))
  expect([again.answer.device, again.took < 300]).toEqual(['/dev/sda', true])
  goOn()
  await world.sleep(20_000)
  expect(world.host.text('/sys/block/dm-0/dm/uuid'), 'nor does it make a map of it afterwards').toBeUndefined()
  await attacher.detach('one')
  await ended(world)
})

test('that makes maps by itself gets its time, whether it is mute or stopped: no single path is handed out under it', async () => {
  const cases: readonly (readonly [FakeHostOptions, (world: World) => () => void])[] = [
    [{ findMultipaths: 'no' }, mute],
    [{ findMultipaths: 'greedy' }, mute],
    [{ findMultipaths: 'no' }, stopped],
    [{ findMultipaths: 'greedy' }, stopped],
  ]
  for (const [options, silence] of cases) {
    const world = await serve(options)
    const attacher = await world.attacher()
    // Its silence is known before the volume is attached.
    const goOn = silence(world)
    await attacher.attach(overOne('one', 'never'))
    await attacher.detach('one')
    const attached = attacher.attach(overOne('one', 'prefer'))
    await world.host.clock.sleep(6000, forever)
    goOn()
    expect((await attached).device, `find_multipaths ${options.findMultipaths ?? ''}, ${silence.name}`).toBe('/dev/dm-0')
    await attacher.detach('one')
    await ended(world)
  }
})

test('another daemon in its place has a chance of its own', async () => {
  const world = await serve()
  const goOn = stopped(world)
  const attacher = await world.attacher()
  await attacher.attach(overOne('one', 'never'))
  await attacher.detach('one')
  goOn()
  world.host.multipathd.restart()
  const { answer } = await timed(world, attacher.attach(request('one', { portals: PORTALS, policy: { multipath: 'require' } })))
  expect(answer.device).toBe('/dev/dm-0')
  const asked = questions(world)
  await attacher.detach('one')
  expect(questions(world)).toBeGreaterThan(asked)
  await ended(world)
})

test.each([
  ['mute', mute],
  ['in a network of its own', ({ host }: World) => (host.multipathd.stop(), host.multipathd.start('own network'), () => undefined)],
] as const)(
  'that is %s keeps a path in a map that others use: the detach names it, and goes through once it answers',
  async (_, silence) => {
    const world = await serve()
    const attacher = await world.attacher()
    const overTwo = (id: string, from: number) =>
      request(id, { portals: PORTALS.slice(from, from + 2), policy: { multipath: 'require', paths: { min: 'all' } } })
    await attacher.attach(overTwo('one', 0))
    await attacher.attach(overTwo('two', 2))
    const goOn = silence(world)
    await expect(attacher.detach('one', { timeoutMs: 15_000 })).rejects.toMatchObject({
      code: 'ERR_DAEMON_UNREACHABLE',
      retryable: true,
      message: expect.stringMatching(/^multipathd does not answer, so sd. stays in map /) as string,
    })
    goOn()
    world.host.multipathd.stop()
    world.host.multipathd.start()
    await attacher.detach('one')
    await attacher.detach('two')
    await ended(world)
  },
)

test('that is mute leaves a map at its size: the resize says that it does not answer', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: PORTALS, policy: { multipath: 'require' } }))
  const goOn = mute(world)
  await world.resizeVolume('data', 96)
  await expect(attacher.resize('one', { timeoutMs: 15_000 })).rejects.toMatchObject({
    code: 'ERR_DAEMON_UNREACHABLE',
    retryable: true,
    message: expect.stringMatching(/^multipathd does not answer, so map \S+ keeps its size/) as string,
  })
  goOn()
  expect((await attacher.resize('one')).sizeBytes).toBe(96 * 2 ** 20)
  await attacher.detach('one')
  await ended(world)
})
