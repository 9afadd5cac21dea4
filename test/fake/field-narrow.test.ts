/**
 * Cases from years of bug reports of other projects: objects that an operation must not touch, such as other LUNs, other maps and
 * configuration.
 */
import { expect, test, vi } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import type { FakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { ended, overAll, serve, toldBy } from './field.js'

const [FIRST = ''] = PORTALS
/** Collects the commands that multipathd receives over its socket. */
function toldMultipathd(world: FakeWorld): () => string[] {
  const exchange = vi.spyOn(world.host.kernel, 'exchange')
  return () => exchange.mock.calls.map(([{ bytes }]) => toldBy(bytes))
}

test('an attach and a detach that go well leave no warning, whatever was looked for and not there', async () => {
  for (const policy of [{ multipath: 'require' }, { multipath: 'never' }] as const) {
    const world = await serve()
    const attacher = await world.attacher()
    const asked = policy.multipath === 'never' ? request('one') : overAll()
    await attacher.detach('one')
    await attacher.attach(asked)
    await attacher.detach('one')
    expect(world.host.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
    await ended(world)
  }
})

test('waiting for a LUN is not told at each look, only its end', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const asked = request('one', { lun: 9, policy: { multipath: 'never', lun: { waitMs: 8000 } } })
  await expect(attacher.attach(asked)).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
  expect(world.host.log.lines.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(1)
  await ended(world)
})

test('each scan is of one LUN of one session, and other LUNs of the target stay away', async () => {
  const world = await serve()
  await world.volume('more')
  await world.mapLun(IQN, 2, 'more')
  const write = vi.spyOn(world.host.kernel, 'write')
  const attacher = await world.attacher()
  await attacher.attach(overAll())
  const scans = write.mock.calls.map(([asked]) => asked).filter(({ attribute }) => attribute === 'scan')
  expect(scans.map(({ value }) => value)).toEqual(PORTALS.map(() => '0 0 1'))
  expect(new Set(scans.map(({ directory }) => directory)).size).toBe(PORTALS.length)
  expect((await world.leftovers()).disks).toEqual(PORTALS.map(() => `${IQN} 1`))
  await attacher.detach('one')
  await ended(world)
})

test('a LUN above 255 is found and taken away by each addressing mode, as number and as text', async () => {
  for (const [addressing, lun, kernel] of [
    ['SAM', 300, 300],
    ['transparent', '300', 300],
    ['SAM2', '300', 16_684],
    ['SAM3-flat', 1, 16_385],
  ] as const) {
    const world = await serve()
    await world.mapLun(IQN, kernel, 'data')
    await world.unmapLun(IQN, 1)
    const attacher = await world.attacher()
    const connection = { protocol: 'iscsi', addressing, targets: [{ portal: PORTAL, iqn: IQN, lun }] } as const
    await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } })
    expect((await world.leftovers()).disks).toEqual([`${IQN} ${kernel}`])
    await attacher.detach('one')
    await ended(world)
  }
})

test('multipathd is told of this volume and its disks alone: no reload, no reconfigure', async () => {
  const world = await serve()
  const told = toldMultipathd(world)
  const attacher = await world.attacher()
  const { wwid = '', paths, multipath } = await attacher.attach(overAll())
  const disks = paths.map(({ device }) => device.slice('/dev/'.length))
  await attacher.detach('one')
  const ours = [`add map ${wwid}`, `del map ${multipath?.name ?? ''}`, ...disks.flatMap((disk) => [`add path ${disk}`, `del path ${disk}`])]
  expect(told().filter((command) => !command.startsWith('show ') && !ours.includes(command))).toEqual([])
  expect(told()).toContain(`del map ${multipath?.name ?? ''}`)
  expect(world.host.ran.filter(([program]) => program !== 'iscsiadm')).toEqual([])
  await ended(world)
})

test('nothing of the host’s configuration is written', async () => {
  const world = await serve()
  const files = ['/etc/multipath.conf', '/etc/multipath/multipath.conf', '/etc/iscsi/iscsid.conf', '/etc/iscsi/initiatorname.iscsi']
  const read = () => files.map((file) => world.host.text(file))
  const before = read()
  const attacher = await world.attacher()
  await attacher.attach(overAll())
  await attacher.detach('one')
  expect(read()).toEqual(before)
  await ended(world)
})

test('a disk of the machine and one that another program brought in are not touched by anything', async () => {
  const world = await serve()
  await world.volume('boot')
  world.host.localDisk('vdb', 'boot')
  await world.volume('theirs')
  await world.mapLun(IQN, 7, 'theirs')
  await world.foreignLogin(IQN, FIRST)
  const before = await world.leftovers()
  expect(before.disks).toContain(`${IQN} 7`)
  const written = vi.spyOn(world.host.kernel, 'write')
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: [FIRST] }))
  await attacher.detach('one')
  expect(await world.leftovers()).toEqual(before)
  expect(world.host.names('/sys/block')).toContain('vdb')
  expect(written).not.toHaveBeenCalled() // neither a scan of an existing disk, nor a removal
  await attacher.close()
  await world.foreignLogout(IQN, FIRST)
  await ended(world)
})

test('what a tool says beside its answer is no failure', async () => {
  const world = await serve()
  const iscsiadm = world.host.programs.get('iscsiadm')
  if (iscsiadm === undefined) throw new Error('no iscsiadm')
  world.host.programs.set('iscsiadm', async (...given) => {
    const answer = await iscsiadm(...given)
    return { ...answer, stderr: `iscsiadm: a warning\n\n${answer.stderr}`, stdout: `a word before it\n${answer.stdout}` }
  })
  const attacher = await world.attacher()
  await attacher.attach(overAll({ policy: { multipath: 'require', paths: { min: 'all' } } }))
  await attacher.detach('one')
  await ended(world)
})
