/** Two volumes with one WWID, and one volume that is attached twice: their locations distinguish them. */
import { expect, test, vi } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import { IQN, request } from '../world/expect.js'
import type { FakeWorld } from '../world/fake/world.js'
import { OTHER, OTHER_PORTAL, PORTALS } from '../world/four.js'
import { asMap, ended, overAll, serve, toldBy } from './field.js'

const MAP = { multipath: 'prefer' } as const
/** The other target has the volume itself as LUN 7 and its clone as LUN 8. */
async function serveClone(...options: Parameters<typeof serve>): Promise<FakeWorld> {
  const world = await serve(...options)
  await world.volume('clone', { cloneOf: 'data' })
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 7: 'data', 8: 'clone' } })
  await world.mapLun(IQN, 2, 'clone')
  return world
}
const at = (id: string, ...places: readonly [iqn: string, portal: string, lun: number][]): AttachRequest => {
  return { id, connection: { protocol: 'iscsi', targets: places.map(([iqn, portal, lun]) => ({ iqn, portal, lun })) }, policy: MAP }
}
const [P1 = '', P2 = '', P3 = ''] = PORTALS
const SAME_PORTALS = 'the same portals'

test.each<[string, AttachRequest, 'attached' | 'ERR_IDENTITY_CONFLICT']>([
  [SAME_PORTALS, at('two', [IQN, P1, 1], [IQN, P2, 1]), 'attached'],
  ['another portal of the same target', at('two', [IQN, P3, 1]), 'attached'],
  ['a connection that names a place in common, and another target', at('two', [OTHER, OTHER_PORTAL, 7], [IQN, P2, 1]), 'attached'],
  [
    'the same LUN in another spelling',
    { ...at('two'), connection: { protocol: 'iscsi', targets: [{ iqn: IQN, portal: P3, lun: '0x0001000000000000' }] } },
    'attached',
  ],
  ['another LUN of the same target', at('two', [IQN, P1, 2]), 'ERR_IDENTITY_CONFLICT'],
  ['another LUN of the same target, at other portals', at('two', [IQN, P3, 2]), 'ERR_IDENTITY_CONFLICT'],
  ['another target', at('two', [OTHER, OTHER_PORTAL, 8]), 'ERR_IDENTITY_CONFLICT'],
  ['another target of the volume itself: nothing says that it is one', at('two', [OTHER, OTHER_PORTAL, 7]), 'ERR_IDENTITY_CONFLICT'],
])('beside LUN 1 over two portals: %s', async (where, asked, wanted) => {
  for (const multipath of ['prefer', 'never'] as const) {
    const world = await serveClone({ findMultipaths: 'no' })
    const [attacher, other] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: '/var/lib/other' })]
    const first = at('one', [IQN, P1, 1], [IQN, P2, 1])
    await attacher.attach({ ...first, policy: { multipath } })
    await world.sleep(5000) // multipathd has created its own maps by then
    const before = [await world.leftovers(), await world.maps()]
    const second = other.attach({ ...asked, policy: { multipath } })
    if (multipath === 'never' && where === SAME_PORTALS) {
      // multipathd has created its map over the disk since, so no second user can have the disk alone.
      await expect(second).rejects.toMatchObject({ code: 'ERR_HELD', sideEffects: 'undone' })
      expect([await world.leftovers(), await world.maps()]).toEqual(before)
    } else if (wanted === 'attached') {
      await second
      await other.detach('two')
    } else {
      const details = { attachment: { owner: 'default', id: 'one' }, devices: expect.arrayContaining(['/dev/sda']) as unknown }
      await expect(second).rejects.toMatchObject({ code: wanted, step: 'verify', sideEffects: 'undone', details })
      await world.sleep(5000)
      expect([await world.leftovers(), await world.maps()]).toEqual(before)
    }
    expect(await attacher.attach({ ...first, policy: { multipath } })).toMatchObject({ reused: true })
    await attacher.detach('one')
    await ended(world)
  }
})

test('three attachments of one volume: the last is linked to the first by what the second says', async () => {
  const world = await serveClone()
  const attacher = await world.attacher()
  await attacher.attach(at('one', [IQN, P1, 1]))
  await attacher.attach(at('two', [IQN, P2, 1], [OTHER, OTHER_PORTAL, 7]))
  expect(await attacher.attach(at('three', [OTHER, OTHER_PORTAL, 7]))).toMatchObject({ multipath: {} })
  for (const id of ['three', 'two', 'one']) await attacher.detach(id)
  await ended(world)
})

test('a claim whose disk is gone stands in nobody’s way', async () => {
  const world = await serveClone()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await world.host.kernel.write(
    { directory: '/sys/bus/scsi/devices/0:0:0:1', guards: [], attribute: 'delete', value: '1', waits: 'unbounded' },
    new AbortController().signal,
  )
  await attacher.attach(request('two', { lun: 2 }))
  await attacher.detach('two')
  await attacher.detach('one')
  await ended(world)
})

test('a path of the clone that multipathd had in the map by then: no I/O goes there from the first moment, and it is gone', async () => {
  const world = await serveClone()
  const attacher = await world.attacher()
  const { multipath } = await attacher.attach(asMap())
  const before = await world.maps()
  const { kernel } = world.host
  const scan = kernel.write.bind(kernel)
  vi.spyOn(kernel, 'write').mockImplementation(async (change, signal) => {
    const answer = await scan(change, signal)
    if (change.attribute === 'scan') await world.host.clock.sleep(3000, signal)
    return answer
  })
  const [mapped, exchange] = [vi.spyOn(kernel, 'deviceMapper'), vi.spyOn(kernel, 'exchange')]
  await expect(attacher.attach(at('two', [OTHER, OTHER_PORTAL, 8]))).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT' })
  const failed = mapped.mock.calls.findIndex(
    ([{ uuid, command }]) => uuid === multipath?.uuid && typeof command === 'object' && command.message.startsWith('fail_path'),
  )
  const deleted = exchange.mock.calls.findIndex(([{ bytes }]) => toldBy(bytes).startsWith('del path'))
  expect(mapped.mock.invocationCallOrder[failed]).toBeLessThan(exchange.mock.invocationCallOrder[deleted] ?? 0)
  expect(await world.maps()).toEqual(before)
  vi.restoreAllMocks()
  await attacher.detach('one')
  await ended(world)
})

test('a clone and its original at once: at most one of them is handed out, and no map has paths of both', async () => {
  const world = await serveClone()
  const [one, two] = [await world.attacher(), await world.attacher()]
  const both = await Promise.allSettled([one.attach(overAll()), two.attach(at('two', [OTHER, OTHER_PORTAL, 8]))])
  const failed = both.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []))
  expect(failed.length).toBeGreaterThanOrEqual(1)
  for (const failure of failed) expect(failure).toMatchObject({ code: 'ERR_IDENTITY_CONFLICT', sideEffects: 'undone' })
  const lost = (await world.leftovers()).disks
  expect(new Set(lost).size).toBeLessThanOrEqual(1)
  for (const id of ['one', 'two']) await one.detach(id)
  await ended(world)
})

test('a path of an attachment on another volume is no better than one of nobody', async () => {
  const world = await serveClone()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  await world.foreignLogin(OTHER, OTHER_PORTAL)
  await world.sleep(5000)
  const disks = (await world.disks()).filter((name) => world.host.real(`/sys/class/block/${name}/device`)?.endsWith(':8') === true)
  const [claim = ''] = await world.list(`${world.runDir}/claims`)
  const mine = JSON.parse((await world.readText(`${world.runDir}/claims/${claim}`)) ?? '') as { objects: { kind: string; data: object }[] }
  const [disk] = mine.objects.filter(({ kind }) => kind === 'disk')
  const { connection } = at('two', [OTHER, OTHER_PORTAL, 8])
  const theirs = {
    ...mine,
    owner: 'other',
    id: 'two',
    connection,
    objects: [{ ...disk, key: 'disk 9 8', data: { ...disk?.data, name: disks[0] } }],
  }
  await world.writeText(`${world.runDir}/claims/theirs.json`, JSON.stringify(theirs))
  await expect(attacher.attach(asMap())).rejects.toMatchObject({
    code: 'ERR_IDENTITY_CONFLICT',
    step: 'verify',
    details: { paths: expect.arrayContaining(disks) as unknown, attachments: [{ owner: 'other', id: 'two' }] },
  })
})

test('over new sessions too, a disk with the WWID of another attachment goes at once, and waits for no other path', async () => {
  const world = await serveClone({ findMultipaths: 'no' })
  const attacher = await world.attacher()
  await attacher.attach(at('one', [OTHER, OTHER_PORTAL, 7]))
  const { length } = world.host.trace
  const both = at('two', [IQN, P1, 2], [IQN, P2, 2])
  await expect(attacher.attach(both)).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT' })
  const steps = world.host.trace.slice(length).flatMap(({ call, subject }) => {
    if (call === 'uevent.kernel' && /^add .*\/block\/sd[a-z]+$/.test(subject)) return ['added']
    return call === 'kernel.write' && subject.includes('/delete') ? ['deleted'] : []
  })
  expect(steps.slice(0, 2)).toEqual(['added', 'deleted'])
  await attacher.detach('one')
  await world.close()
})
