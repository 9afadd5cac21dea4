/** A disk or a map that existed before the attach: its users are named, and a device that other software has built on is never returned. */
import { expect, test } from 'vitest'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { IQN, PORTAL, request, SECOND_PORTAL } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { ended } from './field.js'

/** Another program has logged in to the portals, and has all disks. */
async function loggedIn(options: FakeHostOptions = {}, portals: readonly string[] = [PORTAL]): Promise<FakeWorld> {
  const world = await createFakeWorld(options)
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  for (const portal of portals) await world.foreignLogin(IQN, portal)
  await world.sleep(500)
  return world
}
async function leave(world: FakeWorld, portals: readonly string[] = [PORTAL]): Promise<void> {
  for (const portal of portals) await world.foreignLogout(IQN, portal)
  await ended(world)
}
const warned = ({ host }: FakeWorld) => host.log.lines.filter(({ message }) => message.includes('is in use')).map(({ message }) => message)

test('a disk that another program has mounted is attached, and the answer and a warning name the mount', async () => {
  const world = await loggedIn()
  const mount = await world.mount('/dev/sda')
  const attacher = await world.attacher()
  const { users } = await attacher.attach(request('one'))
  expect(users).toMatchObject([{ kind: 'mount', where: mount.mountPoint }])
  expect(warned(world)).toEqual([expect.stringContaining(`mounted on ${mount.mountPoint}`)])
  expect(await attacher.attach(request('one'))).not.toHaveProperty('users')
  await attacher.detach('one').catch(() => undefined)
  await mount.unmount()
  await attacher.detach('one')
  await leave(world)
})

test('a disk that nobody uses, and one that the attach has made, name no users', async () => {
  const world = await loggedIn()
  const attacher = await world.attacher()
  expect(await attacher.attach(request('one'))).not.toHaveProperty('users')
  expect(await attacher.attach(request('two', { portals: [SECOND_PORTAL] }))).not.toHaveProperty('users')
  expect(warned(world)).toEqual([])
  await attacher.detach('one')
  await attacher.detach('two')
  await leave(world)
})

test('a map that was there before and that a program has open names that program', async () => {
  const portals = [PORTAL, SECOND_PORTAL]
  const world = await loggedIn({ multipathd: 'running', findMultipaths: 'no' }, portals)
  await world.sleep(2000)
  const [map] = world.host.mapper.all()
  const opener = world.host.users.open(`/dev/${map?.block.name ?? ''}`)
  const attacher = await world.attacher()
  const { users } = await attacher.attach(request('one', { portals, policy: { multipath: 'require', paths: { min: 'all' } } }))
  expect(users).toEqual([{ kind: 'process', pid: opener.pid, command: 'qemu-system-x86' }])
  opener.close()
})

test.each([
  ['a single path', {}, 'absent'],
  ['a single path for want of a map', { multipath: 'prefer' }, 'running'],
  ['a map that is required', { multipath: 'require' }, 'running'],
  ['a map that is made directly', { multipath: 'require', assemble: 'direct' }, 'running'],
] as const)('a disk with a logical volume on it is refused at once as %s, and no map is made over it', async (_, policy, multipathd) => {
  const world = await loggedIn({ multipathd })
  const remove = world.host.users.stack('/dev/sda', 'dm-9', 'vg-root')
  const attacher = await world.attacher()
  const before = await world.leftovers()
  const from = world.now()
  await expect(attacher.attach(request('one', { policy }))).rejects.toMatchObject({
    code: 'ERR_HELD',
    details: { holders: [{ kind: 'device', where: '/dev/dm-9', name: 'vg/root' }] },
  })
  expect(world.now() - from).toBeLessThan(5000)
  expect(await world.leftovers()).toEqual(before)
  expect(world.host.trace.filter(({ subject }) => subject.includes('add map'))).toEqual([])
  remove()
  await leave(world)
})

test('LVM that takes a new disk before the map forms is named at once, not after the whole deadline', async () => {
  const world = await createFakeWorld({ multipathd: 'running', lvmActivation: true })
  world.host.storage.volume('data', { content: 'lvm' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const from = world.now()
  await expect(attacher.attach(request('one', { policy: { multipath: 'require' } }))).rejects.toMatchObject({
    code: 'ERR_HELD',
    message: expect.stringContaining('vg_data/root') as string,
  })
  expect(world.now() - from).toBeLessThan(20_000)
})

test('what is built on a single disk while udev describes it is noticed before the answer', async () => {
  const world = await createFakeWorld()
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await world.attacher()
  const events = attacher.events()
  let remove: (() => void) | undefined
  void (async () => {
    for await (const event of events)
      if (event.type === 'step:start' && event.step === 'wait-ready') remove = world.host.users.stack('/dev/sda', 'dm-9')
  })()
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({ code: 'ERR_HELD', details: { holders: [{ kind: 'device' }] } })
  remove?.()
  await attacher.recover()
  await ended(world)
})

test('a local device that a program has open is attached, and the answer and a warning name the program', async () => {
  const world = await createFakeWorld()
  await world.volume('local')
  world.host.localDisk('vdb', 'local')
  world.host.put('/run/udev/data/b254:16', 'I:1000')
  const attacher = await world.attacher()
  const local = { id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } } as const
  expect(await attacher.attach(local)).not.toHaveProperty('users')
  await attacher.detach('one')
  expect(warned(world)).toEqual([])
  const { pid, close } = world.host.users.open('/dev/vdb')
  const { users } = await attacher.attach(local)
  expect(users).toEqual([{ kind: 'process', pid, command: 'qemu-system-x86' }])
  expect(warned(world)).toEqual([expect.stringContaining(`process ${pid} (qemu-system-x86) has it open`)])
  close()
  await attacher.detach('one')
  await world.close()
  world.host.verify()
})
