/** Maps that the library creates without multipathd, and that multipathd takes over (`assemble: 'direct'`). */
import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import type { Attacher, AttachRequest } from '../../lib/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const [FIRST = ''] = PORTALS
const never = new AbortController().signal

async function worldWith(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld({ multipathd: 'running', ...options })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  return world
}
const direct = (more: AttachRequest['policy'] = {}) =>
  request('one', { portals: PORTALS, policy: { multipath: 'require', assemble: 'direct', ready: 'kernel', ...more } })
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
  expect(world.host.clock.sleeping).toBe(0)
}
function unadopted(attacher: Attacher): { readonly maps: string[] } {
  const maps: string[] = []
  void (async () => {
    for await (const event of attacher.events()) if (event.type === 'map:unmanaged') maps.push(event.map)
  })()
  return { maps }
}
/** Collects the reasons why maps could not be created directly. */
function reasonsOf(attacher: Attacher): { readonly said: unknown[] } {
  const said: unknown[] = []
  void (async () => {
    for await (const event of attacher.events())
      if (event.type === 'note' && event.message.startsWith('the map could not be created directly')) said.push(event.fields['reason'])
  })()
  return { said }
}
const tableOf = async (world: FakeWorld, uuid: string) =>
  (await world.host.kernel.deviceMapper({ uuid, command: 'table' }, never))?.targets[0]?.parameters ?? ''

test('the map is there before multipathd has seen a path, and is taken over by it', async () => {
  const world = await worldWith({ noPathRetry: 'queue' })
  const goOn = await world.pauseMultipathd()
  const attacher = await world.attacher()
  const heard = unadopted(attacher)
  const { device, multipath, wwid = '', degraded } = await attacher.attach(direct({ paths: { min: 'all' } }))
  expect({ name: multipath?.name, device: multipath?.device, degraded }).toEqual({ name: wwid, device, degraded: false })
  expect(await world.read(device, 16)).toEqual(await world.content('data', 16))
  expect(await tableOf(world, `mpath-${wwid}`)).toMatch(/^0 1 alua 4 1 /)
  await goOn()
  await world.sleep(11_000)
  expect(heard.maps).toEqual([])
  expect(await tableOf(world, `mpath-${wwid}`)).toMatch(/^1 queue_if_no_path 1 alua 4 1 /)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  await ended(world)
})

test('multipath-tools forget what they were told of the volume when its last attachment goes, and keep what they knew before', async () => {
  const lineOf = (world: FakeWorld, wwid: string) => (world.host.text('/etc/multipath/wwids') ?? '').split('\n').includes(`/${wwid}/`)
  const world = await worldWith()
  const attacher = await world.attacher()
  const { wwid = '' } = await attacher.attach(direct())
  await attacher.attach({ ...direct(), id: 'two' })
  expect(lineOf(world, wwid)).toBe(true)
  await attacher.detach('one')
  expect(lineOf(world, wwid)).toBe(true)
  expect(await attacher.detach('two')).toMatchObject({ outcome: 'released', remaining: [] })
  expect(lineOf(world, wwid)).toBe(false)
  // From now on udev treats the volume as a plain disk.
  await attacher.attach(request('plain', { portals: [FIRST] }))
  expect(await world.fsType('/dev/sda')).toBe('ext4')
  await attacher.detach('plain')

  await world.host.process().commands.run(['multipath', '-a', wwid], { signal: never, onAbort: 'leave' })
  await attacher.attach(direct())
  await attacher.detach('one')
  expect(lineOf(world, wwid)).toBe(true)
  await ended(world)
})

test('what a crash or a reboot leaves in the list of multipath-tools goes with the recovery', async () => {
  for (const how of ['crash', 'reboot'] as const) {
    const world = await worldWith()
    const attacher = await world.attacher()
    const { wwid = '' } = await attacher.attach(direct())
    await world.sleep(12_000)
    if (how === 'crash') world.crash()
    else world.reboot()
    const next = await world.attacher()
    expect(await next.detach('one')).toMatchObject({ remaining: [] })
    expect(world.host.text('/etc/multipath/wwids') ?? '').not.toContain(`/${wwid}/`)
    await ended(world)
  }
})

test('a multipath program that fails to forget a volume fails no detach', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(direct())
  world.host.faults.plant({ on: 'commands.run', matching: 'multipath -w', does: { fail: 'ENOENT' } })
  expect(await attacher.detach('one')).toMatchObject({ remaining: [{ what: expect.stringContaining('/etc/multipath/wwids') as string }] })
  await ended(world)
})

test('a path that comes later is added by multipathd', async () => {
  const world = await worldWith()
  await world.portal(FIRST, 'drop')
  const attacher = await world.attacher()
  expect(await attacher.attach(direct())).toMatchObject({ degraded: true })
  await world.portal(FIRST, 'open')
  await world.sleep(15_000)
  const [map] = await world.maps()
  expect(map?.paths).toHaveLength(4)
  await attacher.detach('one')
  await ended(world)
})

test('that multipathd does not take over a map is told once, and the map is taken away as any other', async () => {
  const world = await worldWith()
  const goOn = await world.pauseMultipathd()
  const attacher = await world.attacher()
  const heard = unadopted(attacher)
  const { wwid = '' } = await attacher.attach(direct())
  await world.sleep(30_000)
  expect(heard.maps).toEqual([wwid])
  await goOn()
  await attacher.detach('one')
  await ended(world)
})

test('a detach does not wait for multipathd to take it over', async () => {
  const world = await worldWith()
  const goOn = await world.pauseMultipathd()
  const attacher = await world.attacher()
  await attacher.attach(direct())
  const detaching = attacher.detach('one')
  await world.sleep(1000)
  await goOn()
  expect(await detaching).toMatchObject({ outcome: 'released' })
  await ended(world)
})

test('where somebody else has made the map, or has a path of it, the attach looks again', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const refused = world.host.faults.plant({ on: 'kernel.createMap', times: 7, does: { answer: 'busy' } })
  expect(await attacher.attach(direct())).toMatchObject({ degraded: false })
  expect(refused.met).toBeGreaterThan(1)
  refused.withdraw()
  await attacher.detach('one')
  await ended(world)
})

test('a table that the kernel refuses is left to multipathd, and it is said', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const reasons = reasonsOf(attacher)
  world.host.faults.plant({ on: 'kernel.createMap', does: { fail: 'EINVAL' } })
  expect(await attacher.attach(direct({ paths: { min: 'all' } }))).toMatchObject({ degraded: false })
  expect(reasons.said).toEqual(['device-mapper refuses the map (EINVAL)'])
  await attacher.detach('one')
  await ended(world)
})

test('a name that device-mapper cannot have is left to multipathd, without a try', async () => {
  const world = await worldWith({ findMultipaths: 'yes' })
  world.host.storage.volume('text', { identity: 't10 with a slash' })
  await world.mapLun(IQN, 2, 'text')
  const attacher = await world.attacher()
  const reasons = reasonsOf(attacher)
  const unmet = world.host.faults.plant({ on: 'kernel.createMap', does: { fail: 'EIO' } })
  const { policy } = direct({ paths: { min: 'all' } })
  const attachment = await attacher.attach(request('one', { lun: 2, portals: PORTALS, ...(policy === undefined ? {} : { policy }) }))
  expect(attachment.wwid).toMatch(/^1LIO-ORG_FILE\/IO/)
  expect(attachment).toMatchObject({ degraded: false, multipath: { uuid: expect.stringMatching(/^mpath-1LIO-ORG_FILE_IO/) as unknown } })
  expect([reasons.said, unmet.met]).toEqual([['device-mapper does not accept this name'], 0])
  unmet.withdraw()
  await attacher.detach('one')
  await ended(world)
})

test('another failure of device-mapper is an error, and everything is put back', async () => {
  const world = await worldWith()
  const goOn = await world.pauseMultipathd()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'kernel.createMap', does: { fail: 'ENOMEM' } })
  const failed = attacher.attach(direct())
  const refused = expect(failed).rejects.toMatchObject({ code: 'ERR_KERNEL', step: 'assemble', sideEffects: 'undone' })
  await world.sleep(2000)
  await goOn()
  await refused
  await ended(world)
})

test('a map is made under its lock, and after it is written down', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { kernel } = world.host
  const createMap = kernel.createMap.bind(kernel)
  const seen: unknown[] = []
  vi.spyOn(kernel, 'createMap').mockImplementation(async (map, signal) => {
    const [claim = ''] = await world.list(`${world.runDir}/claims`)
    const { objects } = JSON.parse((await world.readText(`${world.runDir}/claims/${claim}`)) ?? '') as { objects: { key: string }[] }
    const lock = `${createHash('sha256').update(`map ${map.uuid}`).digest('hex')}.lock`
    seen.push([objects.some(({ key }) => key === `map ${map.uuid}`), world.host.locked.some((file) => file.endsWith(lock))])
    return await createMap(map, signal)
  })
  await attacher.attach(direct())
  expect(seen).toEqual([[true, true]])
  vi.restoreAllMocks()
  await attacher.detach('one')
  await ended(world)
})

test('a volume whose map is there already is attached over that', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { device } = await attacher.attach({ ...direct(), id: 'other', policy: { multipath: 'require' } })
  const unmet = world.host.faults.plant({ on: 'kernel.createMap', does: { fail: 'EIO' } })
  expect(await attacher.attach(direct())).toMatchObject({ device })
  unmet.withdraw()
  await attacher.detach('one')
  await attacher.detach('other')
  await ended(world)
})

test('multipathd, started again or reading its configuration anew, leaves a map alone that it had no part in', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { device } = await attacher.attach(direct())
  for (const again of [() => world.host.multipathd.restart(), () => world.host.multipathd.reconfigure()]) {
    again()
    await world.sleep(10_000)
    expect((await world.maps()).map(({ paths }) => paths.length)).toEqual([4])
    expect(await world.read(device, 16)).toEqual(await world.content('data', 16))
  }
  await attacher.detach('one')
  await ended(world)
})

test('a volume of the blacklist has no map that is made directly', async () => {
  const wwid = await worldWith().then(async (world) => {
    const attacher = await world.attacher()
    const { wwid: found } = await attacher.attach(direct())
    await attacher.detach('one')
    await ended(world)
    return found ?? ''
  })
  const world = await worldWith({ multipathBlacklist: [wwid] })
  const attacher = await world.attacher()
  await expect(attacher.attach(direct(), { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'ERR_MULTIPATH_NOT_FORMED' })
  expect(await attacher.attach(direct({ multipath: 'prefer' }))).toMatchObject({ multipath: null, degraded: true })
  await attacher.detach('one')
  await ended(world)
})

test('what multipath-tools know already is not told to them again', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { wwid = '' } = await attacher.attach(direct())
  await attacher.detach('one')
  await world.host.process().commands.run(['multipath', '-a', wwid], { signal: never, onAbort: 'leave' })
  world.host.programs.delete('multipath')
  expect(await attacher.attach(direct())).toMatchObject({ degraded: false })
  await attacher.detach('one')
  await ended(world)
})
