/** Read-only attachments (`access: 'ro'`): writes fail, and after the last detach everything is as before. */
import { expect, test } from 'vitest'
import { type AttachRequest, fromCinder } from '../../lib/index.js'
import { IQN, request, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { eventually, FIRST, PORTALS } from '../world/four.js'
import { asMap, ended, serve } from './field.js'

type Access = 'rw' | 'ro'
const one = (access: Access = 'ro', id = 'one') => request(id, { policy: { multipath: 'never', access } })
const map = (access: Access = 'ro', id = 'one'): AttachRequest => ({
  ...asMap({ policy: { multipath: 'require', paths: { min: 'all' }, access } }),
  id,
})
const forever = new AbortController().signal
const isReadOnly = ({ host }: FakeWorld, device: string) => host.text(`/sys/class/block/${device.replace('/dev/', '')}/ro`) === '1'
const REFUSED = { code: 'ERR_CONFLICT', retryable: false }

async function single(readOnly = false): Promise<FakeWorld> {
  const world = await createFakeWorld()
  if (!readOnly) await serveOne(world)
  else {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [FIRST], luns: { 1: 'data' }, readOnly })
  }
  return world
}
/** The host has the disk before any attach, because another program has logged in. */
async function withDisk(readOnly = false): Promise<{ world: FakeWorld; disk: string; end: () => Promise<void> }> {
  const world = await single(readOnly)
  await world.foreignLogin(IQN, FIRST)
  await eventually(world, 'a disk', async () => (await world.disks()).length > 0)
  const [disk = ''] = await world.disks()
  const end = async () => {
    await world.foreignLogout(IQN, FIRST)
    await ended(world)
  }
  return { world, disk, end }
}

test('the kernel refuses writes to a single path, and the answer says so', async () => {
  const world = await single()
  const attacher = await world.attacher()
  const { device, readOnly } = await attacher.attach(one())
  expect(readOnly).toBe(true)
  expect((await attacher.inspect('one')).attachment?.readOnly).toBe(true)
  const program = world.host.users.open(device)
  expect(() => program.write(0, Uint8Array.of(1))).toThrow(/EPERM/)
  program.close()
  expect(await attacher.attach(one())).toMatchObject({ reused: true, readOnly: true })
  await attacher.detach('one')
  await ended(world)
})

test.each(['multipathd', 'direct'] as const)('the kernel refuses writes to a map made by %s and to each of its paths', async (assemble) => {
  const world = await serve()
  const attacher = await world.attacher()
  const asked = map()
  const { device, readOnly, paths } = await attacher.attach({ ...asked, policy: { ...asked.policy, assemble } })
  expect(readOnly).toBe(true)
  expect([device, ...paths.map((path) => path.device)].filter((each) => !isReadOnly(world, each))).toEqual([])
  await attacher.detach('one')
  await ended(world)
})

test('a path that joins later is read-only, too', async () => {
  const world = await serve()
  await world.portal(FIRST, 'refuse')
  const attacher = await world.attacher()
  await attacher.attach({ ...map(), policy: { multipath: 'require', access: 'ro' } })
  await world.portal(FIRST, 'open')
  await eventually(world, 'four disks', async () => (await world.disks()).length === PORTALS.length)
  const all = async () => (await world.disks()).every((disk) => isReadOnly(world, disk))
  await eventually(world, 'all of them read-only', all, 5000)
  await attacher.detach('one')
  await ended(world)
})

test('a disk that stays on the host takes writes again after the last detach', async () => {
  const { world, disk, end } = await withDisk()
  const attacher = await world.attacher()
  const other = await world.attacher({ owner: 'ben', stateDir: `${world.stateDir}-ben` })
  await attacher.attach(one())
  await other.attach(one('ro', 'two'))
  expect(isReadOnly(world, disk)).toBe(true)
  await attacher.detach('one')
  expect(isReadOnly(world, disk)).toBe(true)
  await other.detach('two')
  expect(isReadOnly(world, disk)).toBe(false)
  await end()
})

test('a disk that another program has made read-only stays so', async () => {
  const { world, disk, end } = await withDisk()
  await world.host.kernel.setReadOnly({ device: `/dev/${disk}`, readOnly: true, diskseq: undefined }, forever)
  const attacher = await world.attacher()
  await attacher.attach(one())
  await attacher.detach('one')
  expect(isReadOnly(world, disk)).toBe(true)
  await end()
})

test('a write-protected LUN stays read-only', async () => {
  const { world, disk, end } = await withDisk(true)
  const attacher = await world.attacher()
  expect(await attacher.attach(one())).toMatchObject({ readOnly: true })
  await attacher.detach('one')
  expect(isReadOnly(world, disk)).toBe(true)
  await end()
})

test.each([
  ['rw', 'ro'],
  ['ro', 'rw'],
] as const)('a volume that is attached %s is not attached %s, by this owner or another', { timeout: 60_000 }, async (has, wanted) => {
  for (const request of [one, map]) {
    const world = request === one ? await single() : await serve()
    const ann = await world.attacher()
    const ben = await world.attacher({ owner: 'ben', stateDir: `${world.stateDir}-ben` })
    const { device } = await ann.attach(request(has))
    const message: unknown = expect.stringContaining('"one"')
    await expect(ben.attach(request(wanted, 'two'))).rejects.toMatchObject({ ...REFUSED, message })
    await expect(ann.attach(request(wanted, 'two'))).rejects.toMatchObject({ ...REFUSED, sideEffects: 'undone' })
    await expect(ann.attach(request(wanted))).rejects.toMatchObject({ ...REFUSED, sideEffects: 'none' })
    expect(isReadOnly(world, device)).toBe(has === 'ro')
    await ann.detach('one')
    await ben.attach(request(wanted, 'two'))
    await ben.detach('two')
    await ended(world)
  }
})

test('of two that attach a volume at once, one to write and one to read, one gets it', async () => {
  const world = await single()
  const attacher = await world.attacher()
  const both = await Promise.allSettled([attacher.attach(one('rw', 'writes')), attacher.attach(one('ro', 'reads'))])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const id of ['writes', 'reads']) await attacher.detach(id)
  await ended(world)
})

test('a disk that was there before and that a program writes to is left alone', async () => {
  const { world, disk, end } = await withDisk()
  const program = world.host.users.open(`/dev/${disk}`)
  await world.sleep(5000)
  const attacher = await world.attacher()
  await expect(attacher.attach(one())).rejects.toMatchObject({ code: 'ERR_HELD' })
  expect(isReadOnly(world, disk)).toBe(false)
  program.close()
  await end()
})

test.each(['before', 'after'] as const)('a crash %s the device is made read-only is undone by recover()', async (moment) => {
  const { world, disk, end } = await withDisk()
  const attacher = await world.attacher()
  const crash = world.host.faults.plant({ on: 'kernel.setReadOnly', does: { crash: moment } })
  void attacher.attach(one())
  await crash.reached
  await world.sleep(100)
  world.crash()
  expect(isReadOnly(world, disk)).toBe(moment === 'after')
  await (await world.attacher()).recover()
  expect(isReadOnly(world, disk)).toBe(false)
  await end()
})

test('what is attached read-only stays so over a crash and a recovery', async () => {
  const { world, disk, end } = await withDisk()
  await (await world.attacher()).attach(one())
  world.crash()
  const attacher = await world.attacher()
  await attacher.recover()
  expect(isReadOnly(world, disk)).toBe(true)
  await attacher.detach('one')
  expect(isReadOnly(world, disk)).toBe(false)
  await end()
})

test("a failed attach leaves another program's disk as it was", async () => {
  const { world, disk, end } = await withDisk()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
  await expect(attacher.attach(one())).rejects.toThrow()
  expect(isReadOnly(world, disk)).toBe(false)
  await end()
})

test('a disk with the number of one that has gone is not touched', async () => {
  const { world, disk } = await withDisk()
  const attacher = await world.attacher()
  await attacher.attach(one())
  await world.foreignLogout(IQN, FIRST)
  await world.foreignLogin(IQN, FIRST)
  await eventually(world, 'a disk', async () => (await world.disks()).length > 0)
  expect(await world.disks()).toEqual([disk])
  const device = { device: `/dev/${disk}`, readOnly: true, diskseq: undefined }
  await world.host.kernel.setReadOnly(device, forever)
  await attacher.detach('one')
  expect(isReadOnly(world, disk)).toBe(true)
  await world.foreignLogout(IQN, FIRST)
  await ended(world)
})

test('a local device that is attached to be read takes no writes, and is shared with nobody who writes', async () => {
  const { world, disk, end } = await withDisk()
  const attacher = await world.attacher()
  const local = (access: Access, id = 'local') => ({ id, connection: { protocol: 'local', path: `/dev/${disk}`, access } as const })
  expect(await attacher.attach(local('ro'))).toMatchObject({ readOnly: true })
  await expect(attacher.attach(one('rw'))).rejects.toMatchObject(REFUSED)
  await attacher.detach('local')
  expect(isReadOnly(world, disk)).toBe(false)
  await attacher.attach(one('rw'))
  await expect(attacher.attach(local('ro'))).rejects.toMatchObject(REFUSED)
  await attacher.detach('one')
  await end()
})

test("Cinder's access_mode is obeyed", async () => {
  const world = await single()
  const attacher = await world.attacher()
  const data = { target_portal: FIRST, target_iqn: IQN, target_lun: 1 }
  const attached = await attacher.attach({
    id: 'one',
    connection: fromCinder({ ...data, access_mode: 'ro' }),
    policy: { multipath: 'never' },
  })
  expect(attached).toMatchObject({ readOnly: true })
  await attacher.detach({ connection: fromCinder(data) })
  await ended(world)
})
