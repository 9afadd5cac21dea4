/** Cases from years of bug reports of other projects: volumes that share a target, and objects that were lost while attached. */
import { expect, test, vi } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { ended, overAll, serve } from './field.js'

test('a detach looks at what is there, not at the policy of today: a map goes as a map', async () => {
  const world = await serve()
  const former = await world.attacher()
  await former.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  await former.close()
  const flush = vi.spyOn(world.host.kernel, 'flush')
  const attacher = await world.attacher()
  const detached = await attacher.detach('one')
  expect(detached).toMatchObject({ outcome: 'released', dataLossPossible: false })
  // Only the map is flushed; its paths have no cached data of their own.
  expect(flush.mock.calls.map(([device]) => device)).toEqual([expect.stringMatching(/^\/dev\/dm-/)])
  await ended(world)
})

test('two processes on two volumes of one target: one session a portal, and the last one logs out', async () => {
  const world = await serve()
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const [a, b] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })]
  await Promise.all([
    a.attach(overAll()),
    b.attach(overAll({ ...request('two', { portals: PORTALS, lun: 2 }), policy: { multipath: 'require' } })),
  ])
  expect(await world.sessions(IQN)).toHaveLength(PORTALS.length)
  const again = request('three', { portals: PORTALS, lun: 2 })
  await Promise.all([a.detach('one'), b.attach({ ...again, policy: { multipath: 'require' } })])
  expect(await world.sessions(IQN)).toHaveLength(PORTALS.length)
  await b.detach('three')
  expect((await world.leftovers()).maps).toHaveLength(1)
  await b.detach('two')
  await ended(world)
})

test('a target that is destroyed before the detach leaves no session that is tried for ever, and no record', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(overAll())
  await world.removeTarget(IQN)
  const report = await attacher.detach('one', { timeoutMs: 60_000, force: true })
  expect(report).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('a map goes although its journal and its claims are lost, by its connection', async () => {
  const world = await serve()
  const former = await world.attacher()
  const { connection } = overAll()
  await former.attach(overAll())
  await former.close()
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
    for (const name of await world.list(directory)) world.host.take(`${directory}/${name}`)
  const attacher = await world.attacher()
  expect(await attacher.detach({ connection })).toMatchObject({ id: null, outcome: 'released', remaining: [] })
  await ended(world)
})

test('90 volumes of three targets at once all come up, with one login a portal and one scan a volume', async () => {
  const world = await createFakeWorld()
  const targets = [1, 2, 3].map((number) => ({ iqn: `${IQN}.${number}`, portal: `10.99.${number}.1:3260` }))
  const volumes = Array.from({ length: 90 }, (_, index) => ({ id: `v${index}`, lun: Math.floor(index / 3), at: targets[index % 3] }))
  for (const { id } of volumes) await world.volume(id)
  for (const [index, { iqn, portal }] of targets.entries()) {
    const luns = Object.fromEntries(volumes.filter((_, each) => each % 3 === index).map(({ id, lun }) => [lun, id]))
    await world.target({ iqn, portals: [portal], luns })
  }
  const write = vi.spyOn(world.host.kernel, 'write')
  const attacher = await world.attacher()
  const attachments = await Promise.all(
    volumes.map(({ id, lun, at }) =>
      attacher.attach(request(id, { lun, iqn: at?.iqn ?? '', portals: [at?.portal ?? ''] }), { timeoutMs: 600_000 }),
    ),
  )
  expect(new Set(attachments.map(({ wwid }) => wwid)).size).toBe(90)
  expect(world.host.ran.filter((argv) => argv.includes('--login'))).toHaveLength(3)
  expect(write.mock.calls.filter(([{ attribute }]) => attribute === 'scan')).toHaveLength(90)
  await Promise.all(volumes.map(({ id }) => attacher.detach(id, { timeoutMs: 600_000 })))
  await ended(world)
})

test('a detach and an attach of one LUN at once, however they meet, end with the volume attached', async () => {
  for (let offsetMs = 0; offsetMs <= 80; offsetMs += 4) {
    const world = await serve()
    const [a, b] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })]
    await a.attach(request('one'))
    const detached = a.detach('one')
    await world.sleep(offsetMs)
    const [{ device }] = await Promise.all([b.attach(request('two')), detached])
    expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
    expect((await world.read(device, 512)).length, `${offsetMs} ms`).toBe(512)
    await b.detach('two')
    await ended(world)
  }
})

test('a session with another disk stays, and its record with it, although we made both', async () => {
  const world = await serve()
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const scan = { directory: '/sys/class/scsi_host', guards: [], attribute: 'scan', value: '0 0 2', waits: 'bounded' } as const
  const [hostName = ''] = world.host.names('/sys/class/scsi_host')
  await world.host.kernel.write({ ...scan, directory: `${scan.directory}/${hostName}` }, new AbortController().signal)
  const { kept } = await attacher.detach('one')
  expect(kept.map(({ reason }) => reason)).toEqual([expect.stringContaining('it carries other disks') as string, 'its session is in use'])
  expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
  await attacher.detach({ connection: request('two', { lun: 2 }).connection })
  await ended(world)
})

test('a session of another program stays, although it carries no disk but ours', async () => {
  const world = await serve()
  await world.unmapLun(IQN, 1)
  const [portal = ''] = PORTALS
  const session = await world.foreignLogin(IQN, portal)
  await world.mapLun(IQN, 1, 'data')
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const { kept } = await attacher.detach('one')
  expect(kept.map(({ reason }) => reason)).toContain('it existed before the volume was attached')
  expect(await world.sessions(IQN)).toEqual([session])
  expect((await world.leftovers()).disks).toEqual([])
  await attacher.close()
  await world.foreignLogout(IQN, portal)
  await ended(world)
})

test('a detach by connection that could not end its work stays written down, and is ended by the next one', async () => {
  const world = await serve()
  const former = await world.attacher()
  const { connection } = request('one')
  await former.attach(request('one'))
  await former.close()
  for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
    for (const name of await world.list(directory)) world.host.take(`${directory}/${name}`)
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'kernel.changeRecord', does: { fail: 'EIO' } })
  const failure = await attacher.detach({ connection }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'ERR_DETACH_INCOMPLETE', sideEffects: 'left' })
  const claims = async () => (await world.list(`${world.runDir}/claims`)).filter((name) => name.endsWith('.json'))
  expect(await claims()).toHaveLength(1)
  const [record = ''] = (await world.leftovers()).records
  expect(record).toContain(IQN)
  expect(await attacher.detach({ connection })).toMatchObject({ id: null, outcome: 'released', remaining: [] })
  expect(await claims()).toEqual([])
  await ended(world)
})

test('a claim on a disk that has gone since does not keep the next disk at that LUN', async () => {
  const world = await serve()
  const [a, b] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })]
  const { device } = await a.attach(request('one'))
  const [directory = ''] = world.host.names('/sys/class/scsi_device').map((hctl) => `/sys/class/scsi_device/${hctl}/device`)
  const gone = { directory, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
  await world.host.kernel.write(gone, new AbortController().signal)
  expect(await world.list(`/sys/class/block/${device.slice('/dev/'.length)}`)).toEqual([])
  await b.attach(request('two'))
  expect(await b.detach('two')).toMatchObject({ outcome: 'released' })
  expect((await world.leftovers()).disks).toEqual([])
  await a.detach('one')
  await ended(world)
})

async function sessionsClaimed(world: FakeWorld, id: string): Promise<number> {
  const names = (await world.list(`${world.runDir}/claims`)).filter((name) => name.endsWith('.json'))
  const texts = await Promise.all(names.map((name) => world.readText(`${world.runDir}/claims/${name}`)))
  const claims = texts.map((text) => JSON.parse(text ?? '{}') as { id?: string; objects?: { key: string }[] })
  return claims.find((claim) => claim.id === id)?.objects?.filter(({ key }) => key.startsWith('session ')).length ?? 0
}
test('a session that another attach uses stays claimed while a late disk of ours may come up in it', async () => {
  const portals = PORTALS.slice(0, 2)
  const world = await serve({ delays: { scan: 600 } })
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const [a, b] = [await world.attacher(), await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })]
  const [, late = ''] = portals
  await world.portal(late, 'drop')
  const scanned = (async () => {
    for await (const event of a.events()) if (event.type === 'step:start' && event.step === 'scan' && event.path === late) return
  })()
  await a.attach(request('one', { portals, policy: { multipath: 'prefer', paths: { min: 1, graceMs: 0 } } }))
  await world.portal(late, 'open')
  await scanned
  const claimed: number[] = []
  const write = world.host.kernel.write.bind(world.host.kernel)
  vi.spyOn(world.host.kernel, 'write').mockImplementation(async (asked, signal) => {
    const ofLateDisk = asked.attribute === 'delete' && asked.directory.includes('/host1/') && asked.directory.endsWith(':1')
    if (ofLateDisk) claimed.push(await sessionsClaimed(world, 'one'))
    return await write(asked, signal)
  })
  const detached = a.detach('one')
  await world.sleep(2)
  await b.attach(request('two', { portals, lun: 2, policy: { multipath: 'require', paths: { min: 2 } } }))
  expect(await detached).toMatchObject({ outcome: 'released' })
  expect(claimed).toEqual([1])
  await b.detach('two')
  await ended(world)
})
