/** Cases from years of bug reports of other projects: paths that are slow, dead, wrong, or all lost for a while. */
import { expect, test, vi } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { PORTALS } from '../world/four.js'
import { ended, overAll, serve } from './field.js'

const [FIRST = ''] = PORTALS

test('portals are logged in to side by side: four slow ones take as long as one', async () => {
  const timeOf = async (portals: readonly string[]) => {
    const world = await serve()
    world.host.faults.plant({ on: 'commands.run', matching: '--login', times: portals.length, does: { delayMs: 4000 } })
    const attacher = await world.attacher()
    const from = world.now()
    const { paths } = await attacher.attach(
      overAll({ ...request('one', { portals }), policy: { multipath: 'require', paths: { min: 'all' } } }),
    )
    const took = world.now() - from
    expect(paths).toHaveLength(portals.length)
    await attacher.detach('one')
    await ended(world)
    return took
  }
  const one = await timeOf(PORTALS.slice(0, 1))
  expect(one).toBeGreaterThanOrEqual(4000)
  expect(await timeOf(PORTALS)).toBeLessThan(one + 1500)
})

test.each(['drop', 'refuse', 'mute'] as const)('a dead portal (%s) costs no more than the grace', async (state) => {
  const world = await serve()
  await world.portal(FIRST, state)
  const attacher = await world.attacher()
  const from = world.now()
  const { degraded } = await attacher.attach(overAll({ policy: { multipath: 'require', paths: { graceMs: 1000 } } }))
  expect(degraded).toBe(true)
  expect(world.now() - from).toBeLessThan(3000)
  await attacher.detach('one')
  await ended(world)
})

test('a single device instead of a map is told to operators', async () => {
  const world = await serve({ multipathBlacklist: ['^sd'] })
  const attacher = await world.attacher()
  await attacher.attach(overAll({ policy: { multipath: 'prefer' } }))
  expect(world.host.log.lines.map(({ message }) => message)).toContain('no multipath map was formed: a single device is used')
  expect(await world.disks()).toHaveLength(1)
  expect(await world.sessions(IQN)).toHaveLength(1)
  await attacher.detach('one')
  await ended(world)
})

test('a path that has just died does not keep a map from being flushed and taken away', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  await world.portal(FIRST, 'refuse')
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', dataLossPossible: false, remaining: [] })
  await ended(world)
})

test('a portal that serves another target keeps nobody waiting', async () => {
  const world = await serve()
  await world.target({ iqn: `${IQN}.other`, portals: ['10.99.5.1:3260'], luns: {} })
  const attacher = await world.attacher()
  const from = world.now()
  const { degraded } = await attacher.attach(
    overAll({ ...request('one', { portals: [...PORTALS.slice(1), '10.99.5.1:3260'] }), policy: { multipath: 'require' } }),
  )
  expect(degraded).toBe(true)
  expect(world.now() - from).toBeLessThan(4000)
  await attacher.detach('one')
  await ended(world)
})

test('four sessions without the LUN are an error that says so, and leave nothing', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const asked = request('one', { lun: 9, portals: PORTALS, policy: { multipath: 'require', lun: { waitMs: 2000 } } })
  await expect(attacher.attach(asked)).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
  await ended(world)
})

test('over one path, a portal without the LUN leaves no session beside the one that has it', async () => {
  const world = await serve()
  const other = { iqn: `${IQN}.empty`, portal: '10.99.5.1:3260', lun: 1 }
  await world.target({ iqn: other.iqn, portals: [other.portal], luns: {} })
  const attacher = await world.attacher()
  const targets = [other, { portal: FIRST, iqn: IQN, lun: 1 }]
  await attacher.attach({ id: 'one', connection: { protocol: 'iscsi', targets }, policy: { multipath: 'never' } })
  expect(await world.leftovers()).toMatchObject({ sessions: [`${IQN} ${FIRST}`], records: [`${IQN} ${FIRST}`] })
  await attacher.detach('one')
  await ended(world)
})

test('an outage of every portal is watched and not repaired: nothing is done by us, and all paths come back', async () => {
  const world = await serve({ noPathRetry: 'queue' })
  const attacher = await world.attacher()
  const { device } = await attacher.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  const { kernel, commands } = world.host
  const [write, exchange, run] = [vi.spyOn(kernel, 'write'), vi.spyOn(kernel, 'exchange'), vi.spyOn(commands, 'run')]
  const told: string[] = []
  void (async () => {
    for await (const { health, active } of attacher.watch()) told.push(`${health} ${active}`)
  })()
  await world.sleep(100)
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(300_000)
  for (const portal of PORTALS) await world.portal(portal, 'open')
  await world.sleep(60_000)
  expect(told.at(-1)).toBe('healthy 4')
  expect(told.some((line) => line.endsWith(' 0'))).toBe(true)
  expect([write, exchange, run].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0])
  expect((await world.maps())[0]?.paths.filter(({ state }) => state === 'active')).toHaveLength(4)
  expect((await world.read(device, 512)).length).toBe(512)
  await attacher.detach('one')
  await ended(world)
})

test('a portal that refuses the secret is left out, and the others are used', async () => {
  const world = await serve()
  const closed = { iqn: `${IQN}.closed`, portal: '10.99.5.1:3260', lun: 1 }
  const chap = { username: 'someone', secret: 'correct-horse-battery' }
  await world.target({ iqn: closed.iqn, portals: [closed.portal], luns: { 1: 'data' }, chap })
  const failed: unknown[] = []
  const attacher = await world.attacher()
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'note') failed.push(event)
  })()
  const targets = [...PORTALS.map((portal) => ({ portal, iqn: IQN, lun: 1 })), closed]
  const from = world.now()
  const attachment = await attacher.attach({ id: 'one', connection: { protocol: 'iscsi', targets }, policy: { multipath: 'require' } })
  expect(attachment).toMatchObject({ degraded: true, paths: PORTALS.map((label) => ({ label })) })
  expect(world.now() - from).toBeLessThan(4000)
  expect(JSON.stringify(failed)).toContain('ERR_AUTHENTICATION')
  expect(await world.sessions(closed.iqn)).toEqual([])
  await attacher.detach('one')
  await ended(world)
})

test('a login whose program starts when its window is over is waited for by whoever detaches, in whichever process', async () => {
  // The detach must not slip between the end of the login window and the end of its record, which is a little later.
  for (let delayMs = 17_900; delayMs <= 18_500; delayMs += 50) {
    const world = await serve()
    const attaching = await world.agent()
    const [, slow = ''] = PORTALS
    world.host.faults.plant({ on: 'commands.run', matching: ['--login', slow], does: { delayMs } })
    const asked = request('one', { portals: PORTALS, policy: { multipath: 'prefer', paths: { min: 1, graceMs: 0 } } })
    await attaching.attacher.attach(asked, { timeoutMs: 60_000 })
    const attacher = await world.attacher()
    expect(await attacher.detach('one', { timeoutMs: 120_000 }), `${delayMs} ms`).toMatchObject({
      outcome: 'released',
      kept: [],
      remaining: [],
    })
    await attaching.attacher.close()
    await ended(world)
  }
})
