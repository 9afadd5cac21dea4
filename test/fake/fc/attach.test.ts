/** Attach and detach of Fibre Channel volumes. */
import { describe, expect, test } from 'vitest'
import type { FakeWorld } from '../../world/fake/world.js'
import {
  A,
  asMap,
  B,
  connectionTo,
  disks,
  ended,
  fcWorld,
  LEFT,
  LUN,
  MAPPED,
  maps,
  onlyA,
  origins,
  PATHS,
  QUIET,
  request,
  RIGHT,
  scans,
  SECOND,
  started,
} from './world.js'

const [DISK, SAME, OTHER, OTHER_SAME] = ['0:0:0:3', '1:0:0:3', '0:0:0:4', '1:0:0:4'] as const
const KEY = `disk fc ${LEFT} ${A} 3`

describe('a single path', () => {
  test('scans exactly one LUN of one target port, and the detach removes its disk alone', async () => {
    const fc = await started(QUIET)
    const attachment = await fc.attacher.attach(request('one'))
    expect(attachment).toMatchObject({ protocol: 'fibre-channel', multipath: null, degraded: true, sizeBytes: 64 * 1024 * 1024 })
    expect(attachment.paths).toEqual([
      {
        device: '/dev/sda',
        state: 'running',
        accessState: 'active/optimized',
        label: PATHS[0],
        hctl: DISK,
        fc: { initiator: LEFT, target: A, portState: 'Online', devLossSec: 60 },
      },
    ])
    expect([disks(fc.world), scans(fc.world), await origins(fc.world, 'one')]).toEqual([[DISK], ['host0 0 0 3'], { [KEY]: 'created' }])
    expect(await fc.attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
    expect(disks(fc.world)).toEqual([])
    await ended(fc)
  })
  test('a disk that the kernel found is adopted, and gone after the last detach; other volumes stay', async () => {
    const fc = await started()
    expect(disks(fc.world)).toEqual([DISK, OTHER, SAME, OTHER_SAME])
    for (const id of ['one', 'two']) await fc.attacher.attach(request(id, onlyA))
    expect([await origins(fc.world, 'one'), scans(fc.world)]).toEqual([{ [KEY]: 'adopted' }, []])
    expect((await fc.attacher.detach('one')).kept.map(({ reason }) => reason)).toEqual(['another attachment uses it'])
    expect((await fc.attacher.detach('two')).kept).toEqual([])
    expect(disks(fc.world)).toEqual([OTHER, SAME, OTHER_SAME])
    await ended(fc)
  })
  test('a disk in use stays found, and is there with its user after the detach', async () => {
    const fc = await started()
    const mount = await fc.world.mount('/dev/sda')
    const { users } = (await fc.attacher.attach(request('one', onlyA))) as { users?: readonly object[] }
    expect([users?.length, await origins(fc.world, 'one')]).toEqual([1, { [KEY]: 'found' }])
    const { kept } = await fc.attacher.detach('one')
    expect(kept.map(({ reason }) => reason)).toEqual(['it existed before the attach'])
    expect(disks(fc.world)).toContain(DISK)
    await mount.unmount()
    await ended(fc)
  })
  test('starts no program, and gives a name to none', async () => {
    const fc = await started(QUIET)
    await fc.attacher.attach(request('one'))
    await fc.attacher.detach('one')
    expect(await fc.world.commandLines()).toEqual([])
    await ended(fc)
  })
})

describe('two adapters', () => {
  test.each([
    ['disks that the kernel found', {}],
    ['disks that the attach scans for', QUIET],
  ])('become a map of two paths over %s, and the detach leaves nothing of the volume', async (_, options) => {
    const fc = await started({ ...MAPPED, ...options })
    const before = disks(fc.world)
    const { paths, multipath, degraded } = await fc.attacher.attach(asMap('one'))
    expect([paths.map(({ label }) => label).sort(), multipath === null, degraded]).toEqual([[...PATHS], false, false])
    expect(paths.every(({ fc: ports }) => ports?.fastIoFailSec === 5 || ports?.fastIoFailSec === undefined)).toBe(true)
    await fc.attacher.detach('one')
    expect([disks(fc.world), maps(fc.world).length]).toEqual([before.filter((disk) => !disk.endsWith(':3')), before.length === 0 ? 0 : 1])
    await ended(fc)
  })
  test('are scanned at the same time', async () => {
    const fc = await started({ ...MAPPED, ...QUIET, delays: { scan: 400 } })
    const from = fc.world.host.clock.now()
    const { timings } = await fc.attacher.attach(asMap('one'))
    const scanned = timings.filter(({ step }) => step === 'scan')
    expect(scanned).toHaveLength(2)
    expect(Math.max(...scanned.map(({ startMs, ms }) => startMs + ms))).toBeLessThan(700)
    expect(fc.world.host.clock.now() - from).toBeLessThan(3 * SECOND)
    await fc.attacher.detach('one')
    await ended(fc)
  })
  test('16 volumes at once over both', async () => {
    const fc = await started({ ...MAPPED, ...QUIET })
    const luns = Array.from({ length: 16 }, (_, index) => index + 10)
    for (const lun of luns) {
      await fc.world.volume(`v${lun}`)
      for (const wwpn of [A, B]) fc.world.host.storage.fc.map(wwpn, lun, `v${lun}`)
    }
    const targets = (lun: number) => [A, B].map((wwpn) => ({ wwpn, lun }))
    const attached = await Promise.all(luns.map((lun) => fc.attacher.attach(asMap(`v${lun}`, { targets: targets(lun) }))))
    for (const [index, { device }] of attached.entries())
      expect(fc.world.host.volumesBehind(device)).toEqual([`v${luns[index]}`, `v${luns[index]}`])
    await Promise.all(luns.map((lun) => fc.attacher.detach(`v${lun}`)))
    expect([disks(fc.world), maps(fc.world)]).toEqual([[], []])
    await ended(fc)
  })
})

describe('pairs of ports', () => {
  test('with a map, ports of the host that it does not name take no part', async () => {
    const fc = await started(QUIET)
    await fc.attacher.attach(request('one', { initiators: { [RIGHT]: [A, B] } }))
    expect(scans(fc.world)).toEqual(['host1 0 0 3'])
    await fc.attacher.detach('one')
    await ended(fc)
  })
  test('a port that the host does not have, and a target that is only in the map, are left out', async () => {
    const fc = await started(QUIET)
    const absent = '2100000000000001'
    const { degraded, paths } = await fc.attacher.attach(request('one', { ...onlyA, initiators: { [LEFT]: [A, B], [absent]: [A] } }))
    expect([degraded, paths.map(({ label }) => label)]).toEqual([false, [PATHS[0]]])
    const notes = fc.world.host.log.lines.filter(({ message }) => message.startsWith('the connection'))
    expect(notes.map(({ fields }) => fields['ports'])).toEqual([[absent], [B]])
    await fc.attacher.detach('one')
    await ended(fc)
  })
  test('two LUNs of one port are two paths of one volume', async () => {
    const fc = await started({ ...MAPPED, ...QUIET })
    fc.world.host.storage.fc.map(A, 7, 'data')
    const targets = [LUN, 7].map((lun) => ({ wwpn: A, lun }))
    const { paths } = await fc.attacher.attach(asMap('one', { targets }))
    expect(paths.map(({ hctl }) => hctl).sort()).toEqual([DISK, '0:0:0:7'])
    await fc.attacher.detach('one')
    expect(disks(fc.world)).toEqual([])
    await ended(fc)
  })
  test('an attach over one of two LUNs of a port leaves the other path as it is', async () => {
    const fc = await started(QUIET)
    fc.world.host.storage.fc.map(A, 7, 'data')
    await fc.attacher.attach(request('one', { targets: [LUN, 7].map((lun) => ({ wwpn: A, lun })) }))
    expect(disks(fc.world)).toEqual([DISK])
    await fc.attacher.detach('one')
    expect(disks(fc.world)).toEqual([])
    await ended(fc)
  })
  test.each([
    ['none', [], 'ERR_UNSUPPORTED', 'no Fibre Channel port'],
    ['none that is online', [LEFT, RIGHT], 'ERR_TARGET_UNREACHABLE', `${LEFT} (host0) is Linkdown, ${RIGHT} (host1) is Linkdown`],
  ] as const)('a host with %s', async (_, fcPorts, code, message) => {
    const fc = await started({ fcPorts })
    for (const port of fcPorts) fc.world.host.fc.setLink(port, false)
    await expect(fc.attacher.attach(request('one'))).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string })
    await ended(fc)
  })
  test('a port of a guest takes part only when it is named', async () => {
    const VIRTUAL = '21010024ff4c1a2e'
    const fc = await started(QUIET)
    fc.world.host.storage.fc.setZoned(VIRTUAL, B, false)
    fc.world.host.fc.addVirtualPort(LEFT, VIRTUAL)
    await fc.world.sleep(SECOND)
    const { degraded } = await fc.attacher.attach(request('one', onlyA))
    expect([degraded, scans(fc.world)]).toEqual([false, ['host0 0 0 3']])
    await fc.attacher.detach('one')
    await fc.attacher.attach(request('one', { ...onlyA, initiators: { [VIRTUAL]: [A] } }))
    expect(scans(fc.world).slice(1)).toEqual(['host2 0 0 3'])
    await fc.attacher.detach('one')
    await ended(fc)
  })
})

describe('numbers of LUNs', () => {
  test.each([
    [300, 'SAM', 300],
    [300, 'SAM2', 300 + 0x4000],
    [3, 'SAM2', 3],
    [3, 'SAM3-flat', 3 + 0x4000],
    ['0x412c000000000000', 'SAM', 300 + 0x4000],
  ] as const)('LUN %s with %s is the number %s of the kernel', async (lun, addressing, number) => {
    const fc = await started(QUIET)
    fc.world.host.storage.fc.map(A, number, 'data')
    const { paths } = await fc.attacher.attach(request('one', { targets: [{ wwpn: A, lun }], addressing }))
    expect([paths[0]?.hctl, scans(fc.world)]).toEqual([`0:0:0:${number}`, [`host0 0 0 ${number}`]])
    await fc.attacher.detach('one')
    expect(disks(fc.world)).toEqual([])
    await ended(fc)
  })
})

test('a detach by the connection finds the disks of its pairs', async () => {
  const world: FakeWorld = await fcWorld(QUIET)
  const attacher = await world.attacher()
  await attacher.attach(request('one', onlyA))
  world.host.take(`${world.stateDir}/attachments`)
  world.host.take(`${world.runDir}/claims`)
  const again = await world.attacher({ owner: 'other', stateDir: '/var/lib/other' })
  expect(await again.detach({ connection: connectionTo(onlyA) })).toMatchObject({ outcome: 'released' })
  expect(disks(world)).toEqual([])
})
