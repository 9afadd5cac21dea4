/** heal(): paths that the connection names and the map lacks come up, and nothing else changes. Over FakeHost. */
import { describe, expect, test } from 'vitest'
import { type Attacher, type AttachRequest, createAttacher, type HealReport, type IscsiConnection } from '../../lib/index.js'
import { inspected, IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { FIRST, multipath, OTHER, OTHER_PORTAL, PORTALS, serveFour, withOther } from '../world/four.js'

const LAST = PORTALS.at(-1) ?? ''
/** After this time an attach tries no late path any more. */
const OVER_MS = 20_000

/** A map with all paths but the last, whose portal comes back only after the attach has given it up. */
async function degraded(portal = LAST, ask: AttachRequest = multipath('one')): Promise<{ world: FakeWorld; attacher: Attacher }> {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world)
  await world.portal(portal, 'refuse')
  const attacher = await world.attacher()
  await attacher.attach(ask, { timeoutMs: 10_000 })
  await world.sleep(OVER_MS)
  await world.portal(portal, 'open')
  await world.sleep(OVER_MS)
  return { world, attacher }
}
const said = ({ attachments }: HealReport) =>
  attachments.flatMap(({ id, paths, error }) =>
    error === undefined ? paths.map(({ path, action, error: why }) => `${id} ${path} ${why?.code ?? action}`) : [`${id} ${error.code}`],
  )
const active = async (attacher: Attacher) => (await inspected(attacher, 'one')).paths.length
async function gone(world: FakeWorld, attacher: Attacher): Promise<void> {
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await attacher.close()
  await world.close()
  const { sessions, records } = await world.leftovers()
  expect({ sessions, records }).toEqual({ sessions: [], records: [] })
  world.host.verify()
}

describe('a path whose portal was dead at the attach', () => {
  test('stays away by itself, comes back by a heal, and goes with the detach', async () => {
    const { world, attacher } = await degraded()
    expect(await active(attacher)).toBe(3)
    const report = await attacher.heal('one')
    expect(said(report)).toEqual(PORTALS.map((portal) => `one ${portal} ${portal === LAST ? 'added' : 'already'}`))
    expect(world.host.volumesBehind(report.attachments[0]?.device ?? '')).toEqual(['data', 'data', 'data', 'data'])
    expect(await inspected(attacher, 'one')).toMatchObject({ degraded: false })
    expect(said(await attacher.heal('one'))).toEqual(PORTALS.map((portal) => `one ${portal} already`))
    await gone(world, attacher)
  })
  test('is healed by another process, which knows the volume from the journal', async () => {
    const { world, attacher } = await degraded()
    await attacher.close()
    const next = await world.attacher()
    expect(said(await next.heal()).filter((line) => line.endsWith('added'))).toEqual([`one ${LAST} added`])
    await gone(world, next)
  })
  test('that is still dead fails alone, in its own time, and leaves nothing', async () => {
    const { world, attacher } = await degraded()
    await world.portal(LAST, 'drop')
    const before = await world.leftovers()
    const entries = world.host.names('/run/brickwork/claims').length
    const from = world.host.clock.now()
    expect(said(await attacher.heal('one'))).toContain(`one ${LAST} ERR_TARGET_UNREACHABLE`)
    expect(world.host.clock.now() - from).toBeLessThan(5000)
    expect(await world.leftovers()).toEqual(before)
    expect(world.host.names('/run/brickwork/claims').length).toBe(entries)
    expect(await active(attacher)).toBe(3)
    await world.portal(LAST, 'open')
    await gone(world, attacher)
  })
})

test('a dead portal of one path does not delay the others', async () => {
  const { world, attacher } = await degraded()
  const [, second = ''] = PORTALS
  await world.foreignLogout(IQN, second)
  await world.portal(second, 'drop')
  const joined: number[] = []
  const from = world.host.clock.now()
  void (async () => {
    for await (const event of attacher.events())
      if (event.type === 'note' && event.message === 'a path joined') joined.push(world.host.clock.now() - from)
  })()
  await attacher.heal('one')
  expect(joined.length).toBe(1)
  expect(joined[0]).toBeLessThan(2500)
  await world.portal(second, 'open')
  await world.sleep(30_000)
  await gone(world, attacher)
})

test('a session that somebody else has ended comes back, with its disk', async () => {
  const { world, attacher } = await degraded()
  await attacher.heal('one')
  await world.foreignLogout(IQN, FIRST)
  await world.sleep(5000)
  expect(await active(attacher)).toBe(3)
  expect(said(await attacher.heal('one'))).toEqual(PORTALS.map((portal) => `one ${portal} ${portal === FIRST ? 'added' : 'already'}`))
  expect(await active(attacher)).toBe(4)
  await gone(world, attacher)
})

test('a volume without any live path gets them back, and its map is the same', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world)
  const attacher = await world.attacher()
  const { device } = await attacher.attach(multipath('one'))
  const mount = world.host.users.mount(device)
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(30_000)
  for (const portal of PORTALS) await world.portal(portal, 'open')
  const report = await attacher.heal('one')
  expect(said(report)).toEqual(PORTALS.map((portal) => expect.stringMatching(`one ${portal} (added|already)`) as string))
  expect(report.attachments[0]?.device).toBe(device)
  mount.unmount()
  await gone(world, attacher)
})

test('a path whose session stays down fails, and keeps its session, its disk and its place in the map', async () => {
  const { world, attacher } = await degraded()
  await attacher.heal('one')
  await world.portal(FIRST, 'drop')
  await world.sleep(30_000)
  const before = [await world.leftovers(), world.host.mapper.all().map(({ paths }) => paths.length)]
  expect(said(await attacher.heal('one'))).toEqual(
    PORTALS.map((portal) => `one ${portal} ${portal === FIRST ? 'ERR_TARGET_UNREACHABLE' : 'already'}`),
  )
  expect([await world.leftovers(), world.host.mapper.all().map(({ paths }) => paths.length)]).toEqual(before)
  await world.portal(FIRST, 'open')
  await gone(world, attacher)
})

describe('a path that must not join', () => {
  test('since its own target has another volume: it fails alone, and its session and disk go', async () => {
    const world = await createFakeWorld({ multipathd: 'running' })
    await serveFour(world)
    await world.volume('stranger')
    const attacher = await world.attacher()
    const { device } = await attacher.attach(withOther('one'), { timeoutMs: 10_000 })
    await world.sleep(OVER_MS)
    const before = await world.leftovers()
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'stranger' } })
    expect(said(await attacher.heal('one'))).toEqual([
      ...PORTALS.slice(0, 3).map((portal) => `one ${portal} already`),
      `one ${OTHER_PORTAL} ERR_IDENTITY_MISMATCH`,
    ])
    expect(world.host.volumesBehind(device)).toEqual(['data', 'data', 'data'])
    expect(await world.leftovers()).toEqual(before)
    await gone(world, attacher)
  })

  test('since its LUN is another volume now: the map keeps its paths, and the disk goes', async () => {
    const { world, attacher } = await degraded()
    await world.volume('other')
    await world.removeTarget(IQN).catch(() => undefined)
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'other' } })
    const before = await world.leftovers()
    const failed = await attacher.heal('one').then(said, (error: unknown) => (error as { code: string }).code)
    expect(failed).toEqual(expect.stringMatching(/ERR_IDENTITY_MISMATCH/))
    expect((await world.leftovers()).sessions).toEqual(before.sessions)
    await world.close()
  })
})

describe('refuses', () => {
  test('what is not attached', async () => {
    const world = await createFakeWorld()
    const attacher = await world.attacher()
    await expect(attacher.heal('nope')).rejects.toMatchObject({ code: 'ERR_NOT_ATTACHED' })
    expect(await attacher.heal()).toEqual({ attachments: [] })
    await world.close()
  })
  test('a volume whose device is gone, and makes no new one', async () => {
    const world = await createFakeWorld()
    await serveFour(world)
    const attacher = await world.attacher()
    await attacher.attach(request('one', { portals: [FIRST] }))
    await world.foreignLogout(IQN, FIRST)
    await expect(attacher.heal('one')).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', sideEffects: 'none' })
    expect(said(await attacher.heal())).toEqual(['one ERR_TARGET_UNREACHABLE'])
    await attacher.detach('one')
    await world.close()
  })
  test('a map that no multipathd could change', async () => {
    const { world, attacher } = await degraded()
    world.host.multipathd.stop()
    await expect(attacher.heal('one')).rejects.toMatchObject({ code: 'ERR_MULTIPATH_UNAVAILABLE' })
    world.host.multipathd.start()
    await gone(world, attacher)
  })
})

describe('credentials', () => {
  const chap = { username: 'host', secret: 'twelve-bytes-at-least' }
  test('are those in the records of the other paths', async () => {
    const world = await createFakeWorld({ multipathd: 'running' })
    await world.volume('data')
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' }, chap })
    await world.portal(LAST, 'refuse')
    const attacher = await world.attacher()
    const asked = multipath('one')
    await attacher.attach(
      { ...asked, connection: { ...asked.connection, protocol: 'iscsi', auth: chap } as IscsiConnection },
      { timeoutMs: 10_000 },
    )
    await world.sleep(OVER_MS)
    await world.portal(LAST, 'open')
    await attacher.close()
    const next = await world.attacher()
    expect(said(await next.heal('one'))).toContain(`one ${LAST} added`)
    await gone(world, next)
  })
})

describe('in the background', () => {
  const healing = ({ host, stateDir, runDir }: FakeWorld) => createAttacher({ host, stateDir, runDir, healIntervalMs: 10_000 })

  test('a degraded volume is healed, a healthy one causes no operation, and nothing goes on after close()', async () => {
    const { world, attacher } = await degraded()
    await attacher.close()
    const next = await healing(world)
    const operations: string[] = []
    void (async () => {
      for await (const event of next.events()) if (event.type === 'operation:end') operations.push(`${event.operation} ${event.outcome}`)
    })()
    await world.sleep(60_000)
    expect(operations).toEqual(['heal ok'])
    expect(await active(next)).toBe(4)
    await gone(world, next)
    expect(world.host.clock.sleeping).toBe(0)
  })
  test('tries a path that stays away less often, and gives way to the caller at once', async () => {
    const { world, attacher } = await degraded()
    await world.portal(LAST, 'drop')
    await attacher.close()
    const next = await healing(world)
    let heals = 0
    void (async () => {
      for await (const event of next.events()) if (event.type === 'operation:start' && event.operation === 'heal') heals += 1
    })()
    await world.sleep(600_000)
    expect(heals).toBeGreaterThan(3)
    expect(heals).toBeLessThan(20)
    const begun = heals
    while (heals === begun) await world.sleep(200)
    const from = world.host.clock.now()
    await next.detach('one')
    expect(world.host.clock.now() - from).toBeLessThan(3000)
    await next.close()
    await world.close()
  })
})
