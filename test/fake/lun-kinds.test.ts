/** A LUN may show something other than a volume: placeholders, controllers, enclosures, well-known logical units. */
import { expect, test } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import type { FakeHostOptions, VolumeOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'

const KINDS: readonly (readonly [string, VolumeOptions])[] = [
  ['a RAID controller', { kind: 'controller' }],
  ['an enclosure', { kind: 'enclosure' }],
  ['a well-known logical unit', { kind: 'well-known' }],
  ['a logical unit that is not connected', { kind: 'not-connected' }],
  ['a placeholder of 0 bytes', { sizeMb: 0, serial: null }],
]
const WAYS = ['one path', 'a map'] as const
const each = KINDS.flatMap(([what, volume]) => WAYS.map((way) => [what, way, volume] as const))

async function stage(volume: VolumeOptions, options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running', findMultipaths: 'no', ...options })
  world.host.storage.volume('instead', volume)
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 0: 'instead', 1: 'data' } })
  return world
}
const asked = (way: (typeof WAYS)[number], waitMs: number | 'deadline', more: Partial<AttachRequest> = {}) =>
  way === 'one path'
    ? request('one', { lun: 0, policy: { multipath: 'never', lun: { waitMs } }, ...more })
    : request('one', { lun: 0, portals: PORTALS, policy: { multipath: 'require', lun: { waitMs } }, ...more })
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
}

test.each(each)('%s, over %s: not found once `lun.waitMs` is over, and the error says what is there', async (what, way, volume) => {
  for (const expected of [{}, { sizeBytes: 64 * 1024 * 1024 }]) {
    const world = await stage(volume)
    const attacher = await world.attacher()
    const since = world.now()
    const error = await attacher.attach(asked(way, 5000, { expected }), { timeoutMs: 60_000 }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'ERR_LUN_NOT_FOUND', sideEffects: 'undone', retryable: true })
    expect((error as Error).message).toContain(`LUN 0 of ${IQN} is ${what}, not a volume`)
    expect(world.now() - since).toBeLessThan(8000)
    await ended(world)
  }
})

test.each(each)('%s, over %s: the volume that is mapped there later is attached', async (_what, way, volume) => {
  const world = await stage(volume)
  const attacher = await world.attacher()
  const attaching = attacher.attach(asked(way, 10_000, { expected: { sizeBytes: 64 * 1024 * 1024 } }))
  await world.sleep(3000)
  await world.mapLun(IQN, 0, 'data')
  const { device, sizeBytes, paths } = await attaching
  expect([sizeBytes, await world.fsType(device), paths.length]).toEqual([64 * 1024 * 1024, 'ext4', way === 'one path' ? 1 : 4])
  await attacher.detach('one')
  await ended(world)
})

test('a placeholder that grows is the volume', async () => {
  const world = await stage({ sizeMb: 0 })
  const attacher = await world.attacher()
  const attaching = attacher.attach(asked('one path', 10_000))
  await world.sleep(3000)
  await world.resizeVolume('instead', 32)
  expect((await attaching).sizeBytes).toBe(32 * 1024 * 1024)
  await attacher.detach('one')
  await ended(world)
})

test.each(WAYS)('the kernel makes no disk of it (%s): not found, well before the deadline', async (way) => {
  const world = await stage({}, { delays: { disk: 1e9 } })
  const attacher = await world.attacher()
  const since = world.now()
  await expect(attacher.attach(asked(way, 5000), { timeoutMs: 60_000 })).rejects.toMatchObject({
    code: 'ERR_LUN_NOT_FOUND',
    message: expect.stringContaining('the kernel has created no disk for it') as string,
  })
  expect(world.now() - since).toBeLessThan(15_000)
  await ended(world)
})

test('`lun.waitMs: deadline` ends before the deadline, with what is there', async () => {
  const world = await stage({ kind: 'controller' })
  const attacher = await world.attacher()
  await expect(attacher.attach(asked('one path', 'deadline'), { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'ERR_LUN_NOT_FOUND',
    message: expect.stringContaining('a RAID controller') as string,
  })
  await ended(world)
})

test('the time ends while the host is slow to read: still not found, as the scans before have shown', async () => {
  const world = await stage({})
  const attacher = await world.attacher()
  const attaching = attacher.attach(request('one', { lun: 9 }), { timeoutMs: 10_000 })
  await world.sleep(5000)
  const slow = world.host.faults.plant({ on: 'kernel.readTree', does: { delayMs: 4000 }, times: 1000 })
  void world.sleep(3500).then(() => slow.withdraw())
  await expect(attaching).rejects.toMatchObject({
    code: 'ERR_LUN_NOT_FOUND',
    message: expect.stringContaining(`${IQN} shows no LUN 9 to this host`) as string,
  })
  await ended(world)
})

test('a device of another program is never removed for a volume that is mapped later: it is rescanned', async () => {
  for (const volume of [{ kind: 'controller' }, { sizeMb: 0 }] as const) {
    const world = await stage(volume, { multipathd: 'absent' })
    await world.foreignLogin(IQN, PORTAL)
    await world.sleep(500)
    const attacher = await world.attacher()
    const attaching = attacher.attach(asked('one path', 5000)).then(
      ({ sizeBytes }) => sizeBytes,
      (error: unknown) => (error as { code: string }).code,
    )
    await world.sleep(2000)
    if ('kind' in volume) await world.mapLun(IQN, 0, 'data')
    else await world.resizeVolume('instead', 32)
    expect(await attaching).toBe('kind' in volume ? 'ERR_LUN_NOT_FOUND' : 32 * 1024 * 1024)
    const written = world.host.trace.filter(({ call }) => call === 'kernel.write').map(({ subject }) => subject.split('/').at(-1))
    expect(written.filter((each) => each?.startsWith('delete'))).toEqual([])
    expect(written).toContain('rescan 1')
    if (!('kind' in volume)) await attacher.detach('one')
    await world.foreignLogout(IQN, PORTAL)
    await ended(world)
  }
})

test('a controller that a rescan of another program brought into our session goes with it; a real disk keeps it', async () => {
  for (const kind of ['controller', 'disk'] as const) {
    const world = await stage({ kind })
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    await rescanned(world)
    const { kept } = await attacher.detach('one')
    expect(kept.map(({ what }) => what.split(' ')[0])).toEqual(kind === 'controller' ? [] : ['session', 'node'])
    await world.close()
    if (kind === 'controller') await expectClean(world, 'at the end')
    world.host.verify()
  }
})

/** Another program has the kernel scan all LUNs of the host. */
async function rescanned(world: FakeWorld): Promise<void> {
  const scan = { directory: '/sys/class/scsi_host/host0', guards: [], attribute: 'scan', value: '- - -', waits: 'bounded' } as const
  await world.host.kernel.write(scan, new AbortController().signal)
  await world.sleep(500)
}

const NODES = ['sg', 'bsg'] as const
/** The node of the logical unit at LUN 0 of the only target. */
function nodeOfLun0(world: FakeWorld, kind: (typeof NODES)[number]): string {
  const hctl = world.host.names('/sys/class/scsi_device').find((name) => name.endsWith(':0')) ?? ''
  return kind === 'bsg' ? `/dev/bsg/${hctl}` : `/dev/${world.host.names(`/sys/class/scsi_device/${hctl}/device/scsi_generic`)[0] ?? ''}`
}

test.each(NODES)('a controller whose %s node a program has open keeps its session, and the report names the program', async (kind) => {
  const world = await stage({ kind: 'controller' })
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await rescanned(world)
  const monitor = world.host.users.openCharacter(nodeOfLun0(world, kind), 'sg_ses')
  const { kept } = await attacher.detach('one', { force: true })
  expect(kept[0]?.reason).toMatch(
    new RegExp(
      `^it carries a device that is not a disk: /dev/sg[0-9]+ is in use: process ${monitor.pid} \\(sg_ses\\) has it open.*iscsiadm`,
    ),
  )
  expect(world.host.names('/sys/class/iscsi_session')).toHaveLength(1)
  monitor.close()
  // No process has it open any more. The next attachment uses the same session.
  await attacher.attach(request('two'))
  expect((await attacher.detach('two')).kept.map(({ reason }) => reason)).toContain('it existed before the volume was attached')
  await world.close()
  world.host.verify()
})

test('who only looks at a controller, or has it open for a moment, keeps no session', async () => {
  for (const command of ['sg_inq', 'smartctl']) {
    const world = await stage({ kind: 'controller' })
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    await rescanned(world)
    const { close } = world.host.users.openCharacter(nodeOfLun0(world, 'sg'), command)
    const detaching = attacher.detach('one')
    await world.sleep(1000)
    close()
    expect((await detaching).kept).toEqual([])
    await ended(world)
  }
})

test.each(NODES)('a controller at the LUN itself, whose %s node a program has open, is not removed', async (kind) => {
  const world = await stage({ kind: 'controller' })
  const attacher = await world.attacher()
  const attaching = attacher.attach(asked('one path', 5000), { timeoutMs: 60_000 }).catch((failure: unknown) => failure)
  await world.sleep(2000)
  const monitor = world.host.users.openCharacter(nodeOfLun0(world, kind), 'sg_ses')
  const error = await attaching
  expect(error).toMatchObject({ code: 'ERR_LUN_NOT_FOUND', sideEffects: 'left' })
  expect(JSON.stringify((error as { details: unknown }).details)).toContain(`process ${monitor.pid} (sg_ses) has it open`)
  expect(world.host.names('/sys/class/scsi_device')).toHaveLength(1)
  monitor.close()
  await attacher.recover()
  await ended(world)
})
