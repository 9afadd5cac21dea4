/** A map that another program created over its own disks: the library never changes it, whatever the result of the attach. */
import { afterEach, describe, expect, test } from 'vitest'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { foreignMap } from '../world/foreign.js'

const [A, B, C] = ['10.99.1.1:3260', '10.99.2.1:3260', '10.99.3.1:3260'] as const
const MAP = '/dev/dm-0'
const MIB = 1024 * 1024
let world: FakeWorld

/** The other program has attached the volume over these portals, and QEMU has its map open. */
async function inUse(portals: readonly string[] = [A, B]) {
  world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [A, B, C], luns: { 1: 'data' } })
  const { paths } = await foreignMap(world, IQN, portals)
  const qemu = await world.openRaw(MAP)
  return { qemu, names: paths.map(({ device }) => device), from: world.host.trace.length }
}
const overAll = (portals: readonly string[] = [A, B], policy: object = { multipath: 'require' }) => request('one', { portals, policy })

/** Commands since `from` to multipathd or the kernel about a map, or about a path in `theirs`. */
function toldSince(from: number, theirs: readonly string[]): string[] {
  const commands = world.host.trace.slice(from).flatMap(({ call, subject }) => {
    if (call === 'kernel.exchange') return subject.includes('multipathd') ? [subject.replace(/^\S+ /, '')] : []
    return ['kernel.removeMap', 'kernel.createMap'].includes(call) ||
      (call === 'kernel.deviceMapper' && !/ (status|table|deps)$/.test(subject))
      ? [`${call} ${subject}`]
      : []
  })
  const harmless = (command: string) =>
    /^(show|list) /.test(command) || (/^(add|del) path /.test(command) && !theirs.some((name) => command.endsWith(` ${name}`)))
  return commands.filter((command) => !harmless(command))
}
const pathsOfMap = async () => (await world.maps()).flatMap(({ paths }) => paths.map(({ device, state }) => `${device} ${state}`))

afterEach(async () => {
  await world.close()
  world.host.verify()
})

describe('a map of another program, open in QEMU', () => {
  test('an attach hands it out, and the detach leaves it, its disks and its sessions', async () => {
    const { qemu, names, from } = await inUse()
    const sessions = await world.sessions(IQN)
    const attacher = await world.attacher()
    expect(await attacher.attach(overAll())).toMatchObject({ device: MAP, degraded: false })
    const { outcome, kept } = await attacher.detach('one')
    expect(outcome).toBe('released')
    expect(kept.map(({ what, reason }) => `${what}: ${reason}`)).toContainEqual(expect.stringMatching(/^map .* belongs to another program/))
    expect(toldSince(from, names)).toEqual([])
    expect(await pathsOfMap()).toEqual(names.map((name) => `${name} active`))
    expect(await world.sessions(IQN)).toEqual(sessions)
    await qemu.close()
  })

  test('an attach that fails at its end tells it nothing, and neither does the clean-up after that', async () => {
    const { qemu, names, from } = await inUse()
    world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
    const attacher = await world.attacher()
    await expect(attacher.attach(overAll(), { timeoutMs: 20_000 })).rejects.toMatchObject({ sideEffects: 'none' })
    expect(toldSince(from, names)).toEqual([])
    await qemu.close()
    await world.sleep(120_000)
    await attacher.recover()
    expect(toldSince(from, names)).toEqual([])
    expect(await pathsOfMap()).toEqual(names.map((name) => `${name} active`))
  })

  test('a resize tells it nothing: the error says that it has the old size, until its own program has resized it', async () => {
    const { qemu, names, from } = await inUse()
    const attacher = await world.attacher()
    await attacher.attach(overAll())
    await world.resizeVolume('data', 96)
    const since = world.now()
    const layers = [
      ...names.map((name) => ({ device: `/dev/${name}`, beforeBytes: 64 * MIB, afterBytes: 96 * MIB })),
      { device: MAP, beforeBytes: 64 * MIB, afterBytes: 64 * MIB },
    ]
    await expect(attacher.resize('one', { timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'ERR_RESIZE_NOT_CONVERGED',
      step: 'resize-map',
      retryable: true,
      message: expect.stringContaining('Another program created the map') as string,
      details: { layers },
    })
    expect(world.now() - since).toBeLessThan(8000)
    expect(toldSince(from, names)).toEqual([])
    const resizing = attacher.resize('one')
    await world.sleep(2000)
    await world.tellMultipathd(`resize map ${MAP.slice('/dev/'.length)}`)
    expect(await resizing).toMatchObject({ device: MAP, sizeBytes: 96 * MIB })
    await attacher.detach('one')
    await qemu.close()
  })

  test('a path of ours that multipathd put into it leaves it by itself', async () => {
    const { qemu, names, from } = await inUse()
    const attacher = await world.attacher()
    await attacher.attach(overAll([A, B, C], { multipath: 'require', paths: { min: 'all' } }))
    expect(await pathsOfMap()).toHaveLength(3)
    expect((await attacher.detach('one')).outcome).toBe('released')
    expect(toldSince(from, names)).toEqual([])
    expect(await pathsOfMap()).toEqual(names.map((name) => `${name} active`))
    expect(await world.sessions(IQN)).toHaveLength(2)
    await qemu.close()
  })

  test('an attach that fails takes its own path out again, and no other', async () => {
    const { qemu, names, from } = await inUse()
    world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
    const attacher = await world.attacher()
    const failing = attacher.attach(overAll([A, B, C], { multipath: 'require', paths: { min: 'all' } }), { timeoutMs: 20_000 })
    await expect(failing).rejects.toMatchObject({ sideEffects: 'undone' })
    expect(toldSince(from, names)).toEqual([])
    expect(await pathsOfMap()).toEqual(names.map((name) => `${name} active`))
    expect(await world.sessions(IQN)).toHaveLength(2)
    await qemu.close()
  })

  test('an attach whose process dies leaves it to the recovery as it was', async () => {
    const { qemu, names, from } = await inUse()
    world.host.faults.plant({ on: 'files.link', does: { crash: 'before' } })
    const doomed = await world.attacher()
    void doomed.attach(overAll([A, B, C], { multipath: 'require', paths: { min: 'all' } })).catch(() => undefined)
    await world.host.died
    world.crash()
    const attacher = await world.attacher()
    const { actions } = await attacher.recover()
    expect(actions).toMatchObject([{ id: 'one', action: 'undone' }])
    expect(toldSince(from, names)).toEqual([])
    expect(await pathsOfMap()).toEqual(names.map((name) => `${name} active`))
    await qemu.close()
  })

  test('our path stays in it as long as it is the only one that works', async () => {
    const { qemu, names, from } = await inUse()
    const attacher = await world.attacher()
    await attacher.attach(overAll([A, B, C], { multipath: 'require', paths: { min: 'all' } }))
    for (const portal of [A, B]) await world.portal(portal, 'drop')
    await world.sleep(60_000)
    await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_HELD', sideEffects: 'none' })
    expect((await pathsOfMap()).filter((path) => path.endsWith(' active'))).toHaveLength(1)
    for (const portal of [A, B]) await world.portal(portal, 'open')
    await world.sleep(60_000)
    expect((await attacher.detach('one')).outcome).toBe('released')
    expect(toldSince(from, names)).toEqual([])
    await qemu.close()
  })
})

test('a map that has lost its paths, and waits for one in use, is not failed by an attach that gives it one', async () => {
  world = await createFakeWorld({ multipathd: 'running', noPathRetry: 'queue' })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [A, B], luns: { 1: 'data' } })
  await foreignMap(world, IQN, [A])
  const qemu = await world.openRaw(MAP)
  await world.foreignLogout(IQN, A)
  const from = world.host.trace.length
  world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
  const attacher = await world.attacher()
  await expect(attacher.attach(overAll([B]), { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  expect(toldSince(from, [])).toEqual([])
  expect(world.host.mapper.all()).toHaveLength(1)
  expect(world.host.mapper.all()[0]?.table.queueing).toBe(true)
  await qemu.close()
  await attacher.close()
})
