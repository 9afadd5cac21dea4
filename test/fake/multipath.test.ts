/** Maps in cases that need a special machine. They run over FakeHost only. */
import { expect, test } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { OTHER, OTHER_PORTAL, withOther } from '../world/four.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const [FIRST = ''] = PORTALS

async function worldWith(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running', ...options })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  return world
}
const mapped = (more: Partial<AttachRequest> = {}) => request('one', { portals: PORTALS, policy: { multipath: 'require' }, ...more })
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
  expect(world.host.clock.sleeping).toBe(0)
}

test('an attached map is answered again when its disks show the expected volume, and refused when they show another', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { wwid = '', serial = '', device } = await attacher.attach(mapped())
  expect(await attacher.attach(mapped({ expected: { wwid, serial } }))).toMatchObject({ reused: true, device })
  await world.volume('intruder')
  await world.mapLun(IQN, 1, 'intruder')
  await expect(attacher.attach(mapped())).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', step: 'verify', sideEffects: 'none' })
  await attacher.detach('one')
  await ended(world)
})

test('a mounted map without a live path is not touched by force either', async () => {
  const world = await worldWith({ noPathRetry: 'queue' })
  const attacher = await world.attacher()
  const { device } = await attacher.attach(mapped())
  const mount = await world.mount(device)
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(60_000)
  await expect(attacher.detach('one', { force: true })).rejects.toMatchObject({
    code: 'ERR_HELD',
    details: { holders: [{ kind: 'mount' }] },
  })
  const [map] = await world.maps()
  const table = await world.host.kernel.deviceMapper({ uuid: map?.uuid ?? '', command: 'table' }, new AbortController().signal)
  expect(table?.targets[0]?.parameters).toContain('queue_if_no_path')
  await mount.unmount()
  expect(await attacher.detach('one', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
  await ended(world)
})

test('more paths than one are not promised where no map can be', async () => {
  const world = await worldWith({ multipathd: 'absent' })
  const attacher = await world.attacher()
  const two = mapped({ policy: { multipath: 'prefer', paths: { min: 2 } } })
  await expect(attacher.attach(two)).rejects.toMatchObject({ code: 'ERR_MULTIPATH_UNAVAILABLE', sideEffects: 'none' })
  await expect(attacher.attach(mapped())).rejects.toMatchObject({ code: 'ERR_MULTIPATH_UNAVAILABLE', sideEffects: 'none' })
  await ended(world)
})

test('fewer paths than the policy asks for are an error, and everything is put back', async () => {
  const world = await worldWith()
  await world.portal(FIRST, 'drop')
  const attacher = await world.attacher()
  const all = mapped({ policy: { multipath: 'require', paths: { min: 'all' } } })
  await expect(attacher.attach(all)).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_NOT_FORMED',
    sideEffects: 'undone',
    attempts: [{ path: FIRST }],
  })
  await ended(world)
})

test('a map that multipathd may not make is an error when it is required, and a single device when it is preferred', async () => {
  const world = await worldWith({ multipathBlacklist: ['^sd'] })
  const attacher = await world.attacher()
  await expect(attacher.attach(mapped(), { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_NOT_FORMED',
    step: 'assemble',
  })
  const preferred = await attacher.attach(mapped({ policy: { multipath: 'prefer' } }))
  expect(preferred).toMatchObject({ multipath: null, degraded: true })
  await attacher.detach('one')
  await ended(world)
})

test('a map that multipathd never creates is an error when it is required, and a single device when it is preferred', async () => {
  const world = await worldWith({ findMultipaths: 'strict' })
  const refusal = new TextEncoder().encode('fail\n\0')
  const refused = world.host.faults.plant({ on: 'kernel.exchange', matching: 'add map', times: 1000, does: { answer: refusal } })
  const attacher = await world.attacher()
  await expect(attacher.attach(mapped(), { timeoutMs: 30_000 })).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_NOT_FORMED',
    step: 'assemble',
  })
  await expectClean(world, 'after the error')
  const preferred = await attacher.attach(mapped({ policy: { multipath: 'prefer' } }))
  expect(preferred).toMatchObject({ multipath: null, degraded: true })
  expect(refused.met).toBeGreaterThan(1)
  refused.withdraw()
  await attacher.detach('one')
  await ended(world)
})

test('a detach ends the joining of late paths, in this process and in another', async () => {
  for (const elsewhere of [false, true]) {
    const world = await worldWith()
    await world.portal(FIRST, 'drop')
    const attacher = await world.attacher()
    expect(await attacher.attach(mapped())).toMatchObject({ degraded: true })
    const other = elsewhere ? await world.attacher() : attacher
    const from = world.now()
    expect((await other.detach('one', { timeoutMs: 10_000 })).outcome).toBe('released')
    expect(world.now() - from).toBeLessThan(10_000)
    await ended(world)
  }
})

test('is clean, or attached and right, after a crash at any tenth call of an attach or a detach and a recovery', {
  timeout: 120_000,
}, async () => {
  for (const verb of ['attach', 'detach'] as const) {
    for (let call = 1; ; call += 10) {
      const world = await worldWith()
      const attacher = await world.attacher()
      if (verb === 'detach') await attacher.attach(mapped())
      world.host.crashAt(world.host.calls + call, 'after')
      const victim = world.host
      const done = (verb === 'attach' ? attacher.attach(mapped()) : attacher.detach('one')).then(() => true)
      const died = async () => {
        while (victim.alive) await new Promise((resolve) => setImmediate(resolve))
        return false
      }
      if (await Promise.race([done, died()])) break
      world.crash()
      const next = await world.attacher()
      const { actions } = await next.recover({ timeoutMs: 120_000 })
      expect(
        actions.filter(({ action }) => action === 'left'),
        `${verb}, call ${call}`,
      ).toEqual([])
      const [left] = await next.list()
      if (left !== undefined) {
        expect(left, `${verb}, call ${call}`).toMatchObject({ state: 'attached', present: true })
        await next.detach('one')
      }
      await ended(world)
    }
  }
})

test('a disk that an interrupted scan brings while the other paths are taken away goes with its session', async () => {
  for (const afterMs of [1, 2, 3, 4]) {
    const world = await worldWith()
    const attacher = await world.attacher()
    let scans = 0
    const killed = (async () => {
      for await (const event of attacher.events()) {
        if (event.type !== 'step:start' || event.step !== 'scan' || ++scans < PORTALS.length) continue
        await world.sleep(afterMs) // the kernel is working on it
        world.crash()
        return
      }
    })()
    void attacher.attach(mapped())
    await killed
    const { actions } = await (await world.attacher()).recover()
    expect([afterMs, ...actions.map(({ action }) => action)]).toEqual([afterMs, 'resolved'])
    await ended(world)
  }
})

test('a late path whose record can never be written ends with the time of its attach, and with a close that came before the answer', async () => {
  for (const closeFirst of [false, true]) {
    const world = await worldWith()
    const attacher = await world.attacher()
    const hung = world.host.faults.plant({ on: 'kernel.changeRecord', does: { hang: 'after' } })
    const attached = attacher.attach(mapped({ policy: { multipath: 'require', paths: { graceMs: 0 } } }), { timeoutMs: 30_000 })
    const from = world.now()
    const closed = closeFirst ? world.sleep(50).then(() => attacher.close()) : undefined
    expect(await attached).toMatchObject({ degraded: true })
    if (closed === undefined) await world.sleep(31_000)
    await closed
    expect(world.now() - from).toBeLessThan(closeFirst ? 5000 : 32_000)
    hung.release()
    const other = await world.attacher()
    expect((await other.detach('one', { timeoutMs: 20_000 })).outcome).toBe('released')
    await ended(world)
  }
})

test('attaching again during an outage takes nothing from a mounted map: its I/O still waits, and it is answered again afterwards', async () => {
  const world = await worldWith({ noPathRetry: 'queue' })
  const attacher = await world.attacher()
  const { device } = await attacher.attach(mapped())
  const mount = await world.mount(device)
  for (const portal of PORTALS) await world.portal(portal, 'refuse')
  await world.sleep(60_000)
  await expect(attacher.attach(mapped(), { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    sideEffects: 'none',
  })
  expect(world.host.mapper.all().map(({ table }) => table.queueing)).toEqual([true])
  for (const portal of PORTALS) await world.portal(portal, 'open')
  await world.sleep(60_000)
  expect(await attacher.attach(mapped())).toMatchObject({ reused: true, device })
  await mount.unmount()
  await attacher.detach('one')
  await ended(world)
})

test('a map with a path of somebody else is not left to him under its user', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: PORTALS.slice(1), policy: { multipath: 'require' } }))
  await world.foreignLogin(IQN, FIRST)
  await world.sleep(1000)
  const mount = await world.mount('/dev/dm-0')
  await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_HELD' })
  expect((await world.maps())[0]?.paths).toHaveLength(4)
  await mount.unmount()
  expect((await attacher.detach('one')).kept.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('not belong to this attachment') as string,
  ])
  await world.foreignLogout(IQN, FIRST)
  await world.sleep(1000) // multipathd removes the map with its last path
  await ended(world)
})

test('a map whose only path is set aside while it is being claimed is not what is handed out', async () => {
  const world = await worldWith()
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'data' }, readOnly: true })
  const claiming = world.host.faults.plant({ on: 'locks.release', matching: 'map mpath', does: { hang: 'before' } })
  for (const portal of PORTALS.slice(1)) await world.portal(portal, 'refuse')
  world.host.faults.plant({ on: 'commands.run', matching: ['--login', FIRST.split(':')[0] ?? ''], does: { delayMs: 3000 } })
  const attacher = await world.attacher()
  const policy = { multipath: 'require', paths: { min: 1, graceMs: 0 } } as const
  const attaching = attacher.attach({ ...withOther('one'), policy })
  await claiming.reached
  await world.sleep(5000)
  claiming.release()
  const { readOnly, paths, multipath } = await attaching
  expect([readOnly, paths.map(({ label }) => label)]).toEqual([false, [FIRST]])
  expect((await world.maps()).map(({ uuid }) => uuid)).toEqual([multipath?.uuid])
  await attacher.detach('one')
  await ended(world)
})

test('a login of a late path that was given up is settled by recover, and what is attached stays', async () => {
  const world = await worldWith()
  await world.portal(FIRST, 'mute')
  const attacher = await world.attacher()
  const { device } = await attacher.attach(mapped({ policy: { multipath: 'require', paths: { graceMs: 0 } } }), { timeoutMs: 20_000 })
  await attacher.close()
  await world.portal(FIRST, 'open')
  const next = await world.attacher()
  const { actions } = await next.recover()
  expect(actions).toMatchObject([{ action: 'kept', reason: expect.stringContaining(`resolved: login ${IQN} ${FIRST}`) as string }])
  expect(await world.sessions(IQN)).toHaveLength(3)
  expect((await next.recover()).actions[0]?.reason).not.toContain('resolved')
  expect(await next.attach(mapped({ policy: { multipath: 'require', paths: { graceMs: 0 } } }))).toMatchObject({ reused: true, device })
  await next.detach('one')
  await ended(world)
})

test('a map over a disk that a killed process had not seen yet is taken away, also when multipathd has died since', async () => {
  const world = await worldWith({ findMultipaths: 'yes' })
  world.host.faults.plant({ on: 'kernel.write', matching: 'scan', times: PORTALS.length, does: { hang: 'after' } })
  void (await world.attacher()).attach(mapped())
  await world.sleep(5000)
  expect(await world.maps()).toHaveLength(1)
  world.crash()
  await world.daemon('multipathd', 'killed')
  const { actions } = await (await world.attacher()).recover()
  expect(actions.map(({ action }) => action)).toEqual(['resolved'])
  await ended(world)
})

test('a map that multipathd has made anew since is answered with its new device, to which the stable link leads', async () => {
  const world = await worldWith({ findMultipaths: 'yes' })
  await world.volume('other')
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'other' } })
  const attacher = await world.attacher()
  const { device, stableLink } = await attacher.attach(mapped())
  const before = await world.disks()
  await world.tellMultipathd(`del map ${(await world.maps())[0]?.name ?? ''}`)
  await attacher.attach({
    id: 'two',
    connection: { protocol: 'iscsi', targets: [{ portal: OTHER_PORTAL, iqn: OTHER, lun: 1 }] },
    policy: { multipath: 'require' },
  })
  for (const path of before) await world.tellMultipathd(`add path ${path}`)
  await world.sleep(1000)
  const again = await attacher.attach(mapped())
  expect([again.reused, again.device === device, again.stableLink]).toEqual([true, false, stableLink])
  expect(await world.host.files.readLink(stableLink ?? '')).toBe(again.device)
  expect((await attacher.list()).find(({ id }) => id === 'one')).toMatchObject({ device: again.device })
  await attacher.detach('two')
  await attacher.detach('one')
  await ended(world)
})

test('a map that a starting multipathd makes of disks that have gone is taken away with the rest', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { multipath } = await attacher.attach(mapped())
  const events = attacher.events()
  const detached = attacher.detach('one')
  for await (const event of events) if (event.type === 'step:start' && event.step === 'delete-record') break
  world.host.mapper.create(multipath?.name ?? '', multipath?.uuid ?? '', { paths: [], sectors: 131_072, queueing: false })
  await world.sleep(0)
  expect(await detached).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
  await ended(world)
})

test('a detach is done although multipathd is too busy to say what it has in mind', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(mapped())
  const busy = world.host.faults.plant({
    on: 'kernel.exchange',
    matching: 'show paths',
    times: 1000,
    does: { answer: new TextEncoder().encode('timeout\n\0') },
  })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  expect(busy.met).toBeGreaterThan(1)
  busy.withdraw()
  await ended(world)
})
