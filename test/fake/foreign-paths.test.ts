/** Unresponsive disks of other programs: which of them multipathd may be made to forget, and that it gets them back afterwards. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Planted } from '../../lib/testing/index.js'
import { IQN, request } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { foreignMap } from '../world/foreign.js'

const [A, B] = ['10.99.1.1:3260', '10.99.2.1:3260'] as const
const POLICY = { multipath: 'require', paths: { min: 1, graceMs: 0 } } as const
const overBoth = () => request('one', { portals: [A, B], policy: POLICY })
let world: FakeWorld
const slow: Planted[] = []

async function serve(): Promise<void> {
  world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: [A, B], luns: { 1: 'data' } })
}
/** The disk answers no INQUIRY in time. */
function silence(disk: string, delayMs = 6000) {
  const [sg = ''] = world.host.names(`/sys/class/block/${disk}/device/scsi_generic`)
  const fault = world.host.faults.plant({ on: 'kernel.scsi', matching: sg, times: 1000, does: { delayMs } })
  slow.push(fault)
  return fault
}
const pathsOfMap = async () => (await world.maps()).flatMap(({ paths }) => paths.map(({ device }) => device))
const told = () => world.host.trace.flatMap(({ subject }) => / ((?:add|del) (?:path|map) .*)$/.exec(subject)?.[1] ?? [])
const knownPaths = async () => (await world.tellMultipathd('show paths raw format %d')).split('\n')

afterEach(async () => {
  slow.splice(0).forEach((fault) => fault.withdraw())
  await world.close()
  world.host.verify()
})

describe('a path of the map of another program, open in QEMU, that does not answer', () => {
  async function withSlowPath(delayMs?: number) {
    await serve()
    const { paths } = await foreignMap(world, IQN, [A, B])
    const names = paths.map(({ device }) => device)
    const qemu = await world.openRaw('/dev/dm-0')
    return { names, qemu, before: told().length, silent: silence(names[1] ?? '', delayMs) }
  }

  test('stays in it, and an attach that ends before it answers says that it could not be verified', async () => {
    const { names, qemu, before, silent } = await withSlowPath()
    const attacher = await world.attacher()
    await expect(attacher.attach(overBoth(), { timeoutMs: 4000 })).rejects.toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' })
    silent.withdraw()
    await world.sleep(120_000)
    expect(told().slice(before)).toEqual([])
    expect(await pathsOfMap()).toEqual(names)
    await qemu.close()
  })

  test('stays in it, and is waited for when there is time', async () => {
    const { names, qemu, before, silent } = await withSlowPath()
    const attacher = await world.attacher()
    const attaching = attacher.attach(overBoth(), { timeoutMs: 60_000 })
    await world.sleep(3000)
    silent.withdraw()
    expect(await attaching).toMatchObject({ device: '/dev/dm-0', degraded: false })
    expect(told().slice(before)).toEqual([])
    expect(await pathsOfMap()).toEqual(names)
    await attacher.detach('one')
    await qemu.close()
  })

  test('keeps the volume from being handed out over another path alone, where the policy prefers a map', async () => {
    const { qemu, before } = await withSlowPath(60_000)
    const attacher = await world.attacher()
    const failing = attacher.attach({ ...overBoth(), policy: { ...POLICY, multipath: 'prefer' } }, { timeoutMs: 30_000 })
    await expect(failing).rejects.toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' })
    expect(told().slice(before)).toEqual([])
    await qemu.close()
  })
})

describe('a disk of another program, in no map, that does not answer', () => {
  async function withSlowDisk() {
    await serve()
    await world.foreignLogin(IQN, A)
    await world.sleep(500)
    const [disk = ''] = await world.disks()
    return { disk, silent: silence(disk) }
  }

  test('is excluded for an attach that succeeds without it, and given back when that is detached', async () => {
    const { disk, silent } = await withSlowDisk()
    const attacher = await world.attacher()
    const { paths } = await attacher.attach(overBoth(), { timeoutMs: 5000 })
    expect(paths.map(({ device }) => device)).not.toContain(`/dev/${disk}`)
    expect(told()).toContain(`del path ${disk}`)
    await world.sleep(10_000)
    expect(await knownPaths()).not.toContain(disk)
    silent.withdraw()
    await attacher.detach('one')
    expect(told().filter((command) => command.endsWith(` ${disk}`))).toEqual([`del path ${disk}`, `add path ${disk}`])
    expect(await knownPaths()).toContain(disk)
  })

  test('is given back when the attach fails', async () => {
    const { disk } = await withSlowDisk()
    await world.portal(B, 'refuse')
    const attacher = await world.attacher()
    await expect(attacher.attach(overBoth(), { timeoutMs: 5000 })).rejects.toMatchObject({ sideEffects: 'undone' })
    expect(told().filter((command) => command.endsWith(` ${disk}`))).toEqual([`del path ${disk}`, `add path ${disk}`])
    expect(await knownPaths()).toContain(disk)
  })

  test('is given back by the recovery of an attach whose process died', async () => {
    const { disk, silent } = await withSlowDisk()
    world.host.faults.plant({ on: 'files.link', does: { crash: 'before' } })
    const doomed = await world.attacher()
    void doomed.attach(overBoth(), { timeoutMs: 5000 }).catch(() => undefined)
    await world.host.died
    world.crash()
    expect(await knownPaths()).not.toContain(disk)
    silent.withdraw()
    const attacher = await world.attacher()
    await attacher.recover()
    expect(await knownPaths()).toContain(disk)
  })
})
