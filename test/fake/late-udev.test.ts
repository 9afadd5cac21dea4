/** udevd is late: its database still describes the former device of a number that the kernel has assigned to another volume. */
import { expect, test } from 'vitest'
import type { Attacher, AttachRequest, BlockAttachment } from '../../lib/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'

const LUNS = { 1: 'full', 2: 'blank', 3: 'other' }
async function stage(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld(options)
  await world.volume('full', { content: 'ext4' })
  await world.volume('blank')
  await world.volume('other', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: LUNS })
  return world
}
const expectedType = (lun: number) => (lun === 2 ? '' : 'ext4')
const behind = [0, 100, 700, 5000]
const orders = [
  ['a blank one after a full one', 1, 2],
  ['a full one after a blank one', 2, 1],
] as const

test.each(orders.flatMap(([what, first, second]) => behind.map((ms) => [what, ms, first, second] as const)))(
  '%s at the same name, udevd %i ms behind: the answer comes when udev describes the new one',
  async (_what, udevBehindMs, first, second) => {
    for (const isSessionKept of [false, true]) {
      const world = await stage({ udevBehindMs })
      const attacher = await world.attacher()
      if (isSessionKept) await attacher.attach(request('kept', { lun: 3 }))
      const before = await attacher.attach(request('a', { lun: first }))
      expect(await world.fsType(before.device)).toBe(expectedType(first))
      await attacher.detach('a')
      const after = await attacher.attach(request('b', { lun: second }))
      expect([after.device, after.udevReady, await world.fsType(after.device)]).toEqual([before.device, true, expectedType(second)])
      await world.close()
      world.host.verify()
    }
  },
)

test('all workers of udevd are busy when a disk goes and the next one comes', async () => {
  const world = await stage()
  const attacher = await world.attacher()
  await attacher.attach(request('a', { lun: 1 }))
  world.host.udev.occupy(4000)
  const since = world.now()
  await attacher.detach('a')
  const { device, udevReady } = await attacher.attach(request('b', { lun: 2 }))
  expect([device, udevReady, await world.fsType(device)]).toEqual(['/dev/sda', true, ''])
  expect(world.now() - since).toBeGreaterThan(4000)
  await world.close()
  world.host.verify()
})

const asMap = (id: string, more: Partial<AttachRequest> = {}) =>
  request(id, { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' } }, ...more })

test.each(behind.flatMap((ms) => (['multipathd', 'direct'] as const).map((assemble) => [ms, assemble] as const)))(
  'the same WWID again on the same number of a map, with something else on it, udevd %i ms behind, map by %s',
  async (udevBehindMs, assemble) => {
    const world = await createFakeWorld({ multipathd: 'running', findMultipaths: 'no', udevBehindMs })
    await world.volume('blank')
    await world.volume('full', { content: 'ext4', cloneOf: 'blank' })
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'blank' } })
    const attacher = await world.attacher()
    for (const [id, volume, type] of [
      ['a', 'blank', ''],
      ['b', 'full', 'ext4'],
      ['c', 'blank', ''],
    ] as const) {
      await world.mapLun(IQN, 1, volume)
      const policy = { multipath: 'require', paths: { min: 'all' }, assemble } as const
      const { device, udevReady } = await attacher.attach(asMap(id, { policy }))
      expect([device, udevReady, await world.fsType(device)]).toEqual(['/dev/dm-0', true, type])
      await attacher.detach(id)
    }
    await world.close()
    world.host.verify()
  },
)

test.each(['multipathd', 'direct'] as const)(
  'udev is only late with the map that went (map by %s): the record of the former map does not count',
  async (assemble) => {
    const world = await createFakeWorld({ multipathd: 'running', findMultipaths: 'no' })
    await world.volume('blank')
    await world.volume('full', { content: 'ext4', cloneOf: 'blank' })
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'blank' } })
    const attacher = await world.attacher()
    const policy = { multipath: 'require', paths: { min: 'all' }, assemble } as const
    await attacher.attach(asMap('a', { policy }))
    world.host.udev.slow('dm-0', 3000)
    await attacher.detach('a')
    await world.mapLun(IQN, 1, 'full')
    const answers = ['b', 'c'].map(async (id) => {
      const { device } = await attacher.attach(asMap(id, { policy }))
      return [device, await world.fsType(device)]
    })
    expect(await Promise.all(answers)).toEqual([
      ['/dev/dm-0', 'ext4'],
      ['/dev/dm-0', 'ext4'],
    ])
    await world.close()
    world.host.verify()
  },
)

test('events were lost, so nobody knows what udev has yet to process: the record of the former disk does not count all the same', async () => {
  const world = await stage({ udevBehindMs: 1000 })
  const attacher = await world.attacher()
  await attacher.attach(request('a', { lun: 1 }))
  await attacher.detach('a')
  const events = attacher.events()
  const lost = (async () => {
    for await (const event of events) {
      if (event.type !== 'step:start' || event.step !== 'wait-ready') continue
      world.host.uevents.overrun()
      return
    }
  })()
  const { device } = await attacher.attach(request('b', { lun: 2 }))
  expect(await world.fsType(device)).toBe('')
  await lost
  await world.close()
  world.host.verify()
})

test('many volumes at once change their numbers while udevd has few workers', async () => {
  const world = await createFakeWorld({ udevWorkers: 2, udevBehindMs: 300, jitter: true })
  const luns = Array.from({ length: 12 }, (_, index) => index + 1)
  const contentOf = (lun: number) => (lun % 2 === 0 ? 'blank' : 'ext4')
  for (const lun of luns) await world.volume(`v${lun}`, { content: contentOf(lun) })
  await world.target({ iqn: IQN, portals: PORTALS, luns: Object.fromEntries(luns.map((lun) => [lun, `v${lun}`])) })
  const attacher = await world.attacher()
  const types = async (attachments: readonly BlockAttachment[]) => await Promise.all(attachments.map(({ device }) => world.fsType(device)))
  for (const round of [0, 1, 2]) {
    const order = luns.map((_, index) => luns[(index * 5 + round) % luns.length] ?? 1)
    const attached = await Promise.all(order.map((lun) => attacher.attach(request(`v${lun}`, { lun }), { timeoutMs: 120_000 })))
    expect(await types(attached)).toEqual(order.map((lun) => (contentOf(lun) === 'ext4' ? 'ext4' : '')))
    await Promise.all(order.map((lun) => attacher.detach(`v${lun}`, { timeoutMs: 120_000 })))
  }
  await world.close()
  world.host.verify()
})

test('a second attachment joins a disk, or a map, whose record is still that of the one before', async () => {
  for (const assemble of [undefined, 'multipathd', 'direct'] as const) {
    const world = await createFakeWorld({ multipathd: 'running', findMultipaths: 'no', udevBehindMs: 2000 })
    await world.volume('blank')
    await world.volume('full', { content: 'ext4', cloneOf: 'blank' })
    await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'blank' } })
    const attacher = await world.attacher()
    const more =
      assemble === undefined ? {} : { portals: PORTALS, policy: { multipath: 'require', paths: { min: 'all' }, assemble } as const }
    await attacher.attach(request('a', more))
    await attacher.detach('a')
    await world.mapLun(IQN, 1, 'full')
    const joined = await Promise.all(
      ['b', 'c', 'd'].map(async (id) => {
        const { device } = await attacher.attach(request(id, more))
        return await world.fsType(device)
      }),
    )
    expect(joined).toEqual(['ext4', 'ext4', 'ext4'])
    await world.close()
    world.host.verify()
  }
})

test('enumerate() shows no record of the former device of a number: of a disk and of a map', async () => {
  const seen = async (attacher: Attacher, name: string) => {
    const udev = (await attacher.enumerate()).devices.find((device) => device.name === name)?.udev
    return udev === undefined ? 'nothing' : (udev.properties['ID_FS_TYPE'] ?? '')
  }
  const early = { policy: { ready: 'kernel' } } as const
  const single = await stage({ udevBehindMs: 2000 })
  const attacher = await single.attacher()
  for (const [lun, type] of [
    [1, 'ext4'],
    [2, ''],
    [1, 'ext4'],
  ] as const) {
    const { device } = await attacher.attach(request('one', { lun, ...early }))
    expect([device, await seen(attacher, 'sda')]).toEqual(['/dev/sda', 'nothing'])
    await single.sleep(5000)
    expect(await seen(attacher, 'sda')).toBe(type)
    await attacher.detach('one')
  }
  await single.close()
  single.host.verify()

  const mapped = await createFakeWorld({ multipathd: 'running', findMultipaths: 'no', udevBehindMs: 2000 })
  await mapped.volume('blank')
  await mapped.volume('full', { content: 'ext4', cloneOf: 'blank' })
  await mapped.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'blank' } })
  const maps = await mapped.attacher()
  const policy = { multipath: 'require', paths: { min: 'all' }, assemble: 'direct', ready: 'kernel' } as const
  for (const [volume, type] of [
    ['blank', ''],
    ['full', 'ext4'],
    ['blank', ''],
  ] as const) {
    await mapped.mapLun(IQN, 1, volume)
    expect((await maps.attach(asMap('one', { policy }))).device).toBe('/dev/dm-0')
    expect(await seen(maps, 'sda')).toBe('nothing')
    await mapped.sleep(10_000)
    expect(await seen(maps, 'dm-0')).toBe(type)
    await maps.detach('one')
  }
  await mapped.close()
  mapped.host.verify()
})
