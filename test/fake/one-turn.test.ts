/** Paths that come up in one turn of the event loop: the library still compares them, and returns one volume. */
import { afterEach, expect, test, vi } from 'vitest'
import type { AttachRequest, PartialPolicy } from '../../lib/index.js'
import { IQN } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { OTHER, OTHER_PORTAL, withOther } from '../world/four.js'
import { ended, serve } from './field.js'

const PLACES = [
  { portal: '10.99.1.1:3260', iqn: 'iqn.2024-01.org.example:a', lun: 1 },
  { portal: '10.99.2.1:3260', iqn: 'iqn.2024-01.org.example:b', lun: 1 },
] as const
/** The array maps another volume at the second target than at the first. Both disks pass their checks in one turn of the event loop. */
async function mappedWrongly(order: 'in order' | 'reversed'): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running' })
  for (const { iqn, portal } of PLACES) {
    await world.volume(iqn, { content: 'ext4' })
    await world.target({ iqn, portals: [portal], luns: { 1: iqn } })
  }
  answerTogether(world, order)
  return world
}
const READ_10 = 0x28
/** The last check of a new path is a read. The reads of all disks are answered after all have been started. */
function answerTogether({ host: { kernel } }: FakeWorld, order: 'in order' | 'reversed'): void {
  const scsi = kernel.scsi.bind(kernel)
  const waiting = new Map<string, () => void>()
  vi.spyOn(kernel, 'scsi').mockImplementation(async (request, signal) => {
    const answer = await scsi(request, signal)
    if (request.cdb[0] !== READ_10 || waiting.size === PLACES.length) return answer
    await new Promise<void>((resolve) => {
      waiting.set(request.device, resolve)
      const all = [...waiting.values()]
      if (all.length === PLACES.length) for (const give of order === 'in order' ? all : all.reverse()) give()
    })
    return answer
  })
}
afterEach(() => {
  vi.restoreAllMocks()
})

const POLICIES: readonly PartialPolicy[] = [
  { multipath: 'require', assemble: 'direct', ready: 'kernel' },
  { multipath: 'require', ready: 'kernel' },
  { multipath: 'prefer' },
]
const CASES = POLICIES.flatMap((policy) => [['in order', policy] as const, ['reversed', policy] as const])

test.each(CASES)('two volumes in one connection are never one map, nor is one of them chosen: %s, %j', async (order, policy) => {
  const world = await mappedWrongly(order)
  const attacher = await world.attacher()
  const asked: AttachRequest = { id: 'one', connection: { protocol: 'iscsi', targets: PLACES }, policy }
  const refused = { code: 'ERR_IDENTITY_CONFLICT', sideEffects: 'undone' }
  await expect(attacher.attach(asked, { timeoutMs: 30_000 })).rejects.toMatchObject(refused)
  await ended(world)
})

test.each(CASES)('the expected one of them is handed out alone: %s, %j', async (order, policy) => {
  const world = await mappedWrongly(order)
  vi.restoreAllMocks()
  const attacher = await world.attacher()
  const wanted = PLACES[order === 'reversed' ? 1 : 0].iqn
  const wwid = `naa.${world.host.storage.volumeNamed(wanted).naa ?? ''}`
  const asked: AttachRequest = { id: 'one', connection: { protocol: 'iscsi', targets: PLACES }, expected: { wwid }, policy }
  const { device, multipath, degraded } = await attacher.attach(asked)
  expect(world.host.volumesBehind(device)).toEqual([wanted])
  expect([multipath?.device, degraded]).toEqual([device, true])
  await attacher.detach('one')
  await ended(world)
})

test.each([{}, { assemble: 'direct', ready: 'kernel' }] as const)(
  'a path of the map that has become another volume since it was accepted: nothing is handed out: %j',
  async (more) => {
    const world = await serve()
    await world.volume('wrong')
    await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns: { 1: 'data' } })
    const attacher = await world.attacher()
    // The lock is taken for the request of the map too, before.
    if (!('assemble' in more)) world.host.faults.plant({ on: 'locks.take', matching: 'map mpath-', does: { delayMs: 0 } })
    const handingOut = world.host.faults.plant({ on: 'locks.take', matching: 'map mpath-', times: 2, does: { delayMs: 5000 } })
    const attaching = attacher.attach(withOther('one', { policy: { multipath: 'require', paths: { min: 'all' }, ...more } }))
    const refused = expect(attaching).rejects.toMatchObject({
      code: 'ERR_IDENTITY_CONFLICT',
      step: 'assemble',
      details: { map: expect.any(String) as unknown, paths: [expect.stringMatching(/^sd/)] },
    })
    await handingOut.reached
    await world.sleep(500)
    await world.mapLun(OTHER, 1, 'wrong')
    for (const name of await world.disks()) await rescan(world, name)
    await refused
    handingOut.withdraw()
    expect(await world.maps()).toEqual([])
    expect((await world.leftovers()).disks.filter((disk) => disk.startsWith(IQN))).toEqual([])
  },
)
/** Another program makes the kernel read identity and size again. */
async function rescan({ host }: FakeWorld, name: string): Promise<void> {
  const directory = host.real(`/sys/class/block/${name}/device`) ?? ''
  const change = { directory, guards: [], attribute: 'rescan', value: '1', waits: 'unbounded' } as const
  await host.kernel.write(change, new AbortController().signal)
}
