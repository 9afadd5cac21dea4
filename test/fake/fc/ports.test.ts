/** Ports that come late, are lost, come back, are sick, or are others than they were. */
import { describe, expect, test } from 'vitest'
import { inspected } from '../../world/expect.js'
import {
  A,
  asMap,
  B,
  disks,
  ended,
  type Fc,
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

const C = '500a098290000003'
const [DISK, SAME] = ['0:0:0:3', '1:0:0:3'] as const
const storage = ({ world }: Fc) => world.host.storage.fc
const now = ({ world }: Fc) => world.host.clock.now()
const nameOf = ({ world }: Fc, hctl: string): string | undefined => world.host.names(`/sys/bus/scsi/devices/${hctl}/block`)[0]
/** Virtual time passes only while somebody waits for it. */
async function during({ world }: Fc, ...work: readonly Promise<void>[]): Promise<void> {
  await Promise.all([...work, world.sleep(SECOND)])
}
/** Loses the port for longer than its loss time, and brings it back unless `stays`. */
async function lose(fc: Fc, port: string, { stays = false } = {}): Promise<void> {
  fc.world.host.fc.setLossTimes(port, { devLossSec: 5, fastIoFailSec: 2 })
  fc.world.host.fc.setLink(port, false)
  await fc.world.sleep(7 * SECOND)
  if (stays) return
  fc.world.host.fc.setLink(port, true)
  await fc.world.sleep(SECOND)
}

describe('a target port that is missing at the attach', () => {
  test.each([
    ['was seen before', true],
    ['is new', false],
  ])('and %s is used as soon as it is up', async (_, isKnown) => {
    const fc = await started(QUIET)
    const wwpn = isKnown ? A : C
    if (isKnown) storage(fc).setUp(A, false)
    const attaching = fc.attacher.attach(request('one', { targets: [{ wwpn, lun: LUN }] }))
    await fc.world.sleep(4 * SECOND)
    if (isKnown) storage(fc).setUp(A, true)
    else storage(fc).port({ wwpn: C, luns: { [LUN]: 'data' } })
    const from = now(fc)
    const { timings } = await attaching
    const waited = timings.find(({ step }) => step === 'wait-for-port')
    expect(waited?.ms).toBeGreaterThan(3.9 * SECOND)
    expect(waited?.ms).toBeLessThan(4.1 * SECOND + 20)
    expect(now(fc) - from).toBeLessThan(SECOND)
    await fc.attacher.detach('one')
    await ended(fc)
  })
  test('and stays away is not found by the deadline, and the error names the ports that are there', async () => {
    const fc = await started(QUIET)
    const refused = fc.attacher.attach(request('one', { targets: [{ wwpn: C, lun: LUN }] }), { timeoutMs: 10_000 })
    const message = expect.stringMatching(`No port of this host sees .*${C}.*${LEFT} sees ${A}; ${RIGHT} sees ${B}`) as string
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TARGET_NOT_FOUND', sideEffects: 'none', message })
    expect([disks(fc.world), scans(fc.world)]).toEqual([[], []])
    await ended(fc)
  })
  test('does not delay an attach with enough other paths beyond the grace time, and joins later', async () => {
    const fc = await started({ ...MAPPED, ...QUIET })
    storage(fc).setUp(B, false)
    const from = now(fc)
    const { degraded, paths, device } = await fc.attacher.attach(asMap('one'))
    expect([degraded, paths.map(({ label }) => label)]).toEqual([true, [PATHS[0]]])
    expect(now(fc) - from).toBeLessThan(4 * SECOND)
    storage(fc).setUp(B, true)
    await fc.world.sleep(10 * SECOND)
    expect(fc.world.host.volumesBehind(device)).toEqual(['data', 'data'])
    expect((await inspected(fc.attacher, 'one')).degraded).toBe(false)
    await fc.attacher.detach('one')
    expect([disks(fc.world), maps(fc.world)]).toEqual([[], []])
    await ended(fc)
  })
  test('but is named by the name of its node gets a hint', async () => {
    const fc = await started(QUIET)
    const refused = fc.attacher.attach(request('one', { targets: [{ wwpn: '5f0a098290000001', lun: LUN }] }), { timeoutMs: 5000 })
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('name of its node') as string })
    await ended(fc)
  })
  test.each([
    ['offers only NVMe', 'NVMe Target', 'offers only NVMe'],
    ['is an initiator', 'FCP Initiator', 'is no SCSI target'],
  ])('because it %s', async (_, roles, reason) => {
    const fc = await started(QUIET)
    storage(fc).port({ wwpn: C, luns: { [LUN]: 'data' }, roles })
    await fc.world.sleep(SECOND)
    const refused = fc.attacher.attach(request('one', { targets: [{ wwpn: C, lun: LUN }] }), { timeoutMs: 5000 })
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
      message: expect.stringContaining(reason) as string,
    })
    expect(scans(fc.world)).toEqual([])
    await ended(fc)
  })
})

describe('a LUN', () => {
  test('that is mapped later is found', async () => {
    const fc = await started(QUIET)
    storage(fc).unmap(A, LUN)
    const attaching = fc.attacher.attach(request('one', onlyA))
    await fc.world.sleep(3 * SECOND)
    storage(fc).map(A, LUN, 'data')
    expect((await attaching).paths.map(({ hctl }) => hctl)).toEqual([DISK])
    await fc.attacher.detach('one')
    await ended(fc)
  })
  test('that is missing is not found', async () => {
    const fc = await started(QUIET)
    storage(fc).unmap(A, LUN)
    const refused = fc.attacher.attach(request('one', onlyA), { timeoutMs: 5000 })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
    await ended(fc)
  })
  test('whose port goes down during the scan is not reported as missing, and is found when the port is back', async () => {
    const fc = await started({ ...QUIET, delays: { scan: 400 } })
    fc.world.host.fc.setLossTimes(LEFT, { devLossSec: 600 })
    const down = async (policy: object) => {
      const attaching = fc.attacher.attach(request('one', onlyA, { policy: { multipath: 'never', ...policy } }), { timeoutMs: 20_000 })
      void attaching.catch(() => undefined)
      await fc.world.sleep(200)
      fc.world.host.fc.setLink(LEFT, false)
      return { attaching }
    }
    await expect((await down({ lun: { waitMs: 100 } })).attaching).rejects.toMatchObject({
      code: 'ERR_TARGET_UNREACHABLE',
      message: expect.stringContaining('its state is Blocked') as string,
    })
    fc.world.host.fc.setLink(LEFT, true)
    await fc.world.sleep(SECOND)
    const { attaching } = await down({})
    await fc.world.sleep(3 * SECOND)
    fc.world.host.fc.setLink(LEFT, true)
    expect((await attaching).paths).toHaveLength(1)
    await fc.attacher.detach('one')
    await ended(fc)
  })
})

describe('a port that answers nothing', () => {
  test('delays neither an attach over another adapter nor one over both', async () => {
    const fc = await started({ ...MAPPED, ...QUIET })
    storage(fc).setAnswers(A, false)
    const from = now(fc)
    const [both, right] = await Promise.all([
      fc.attacher.attach(asMap('one')),
      fc.attacher.attach(request('two', { targets: [{ wwpn: B, lun: LUN + 1 }] })),
    ])
    expect([both.paths.map(({ label }) => label), right.paths.map(({ label }) => label)]).toEqual([[PATHS[1]], [PATHS[1]]])
    expect(now(fc) - from).toBeLessThan(5 * SECOND)
    storage(fc).setAnswers(A, true)
    await fc.world.sleep(60 * SECOND)
    for (const id of ['one', 'two']) await fc.attacher.detach(id)
    expect(disks(fc.world)).toEqual([])
    await ended(fc)
  })
  test('is named by the error of an attach that waits for the scan of it', async () => {
    const fc = await started({ ...QUIET, places: true })
    storage(fc).setAnswers(A, false)
    const refused = fc.attacher.attach(request('one', onlyA), { timeoutMs: 8000 })
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/ERR_(TIMEOUT|TARGET_UNREACHABLE)/) as string, step: 'scan' })
    storage(fc).setAnswers(A, true)
    await fc.world.sleep(60 * SECOND)
    await fc.attacher.recover()
    await ended(fc)
  })
})

describe('a port that is lost', () => {
  test('for less than its loss time changes nothing of the attachment', async () => {
    const fc = await started({ ...MAPPED, ...QUIET })
    const { device } = await fc.attacher.attach(asMap('one'))
    const before = await inspected(fc.attacher, 'one')
    fc.world.host.fc.setLink(LEFT, false)
    await fc.world.sleep(3 * SECOND)
    fc.world.host.fc.setLink(LEFT, true)
    await fc.world.sleep(10 * SECOND)
    expect(await inspected(fc.attacher, 'one')).toEqual(before)
    expect(fc.world.host.volumesBehind(device)).toEqual(['data', 'data'])
    await fc.attacher.detach('one')
    expect(disks(fc.world)).toEqual([])
    await ended(fc)
  })
  test('for longer gives its disk another name: it still is the attachment, and the detach removes it', async () => {
    const fc = await started({ ...MAPPED, ...QUIET, scsiScan: 'async' })
    const { device } = await fc.attacher.attach(asMap('one'))
    const mount = await fc.world.mount(device)
    const before = nameOf(fc, DISK)
    await fc.world.volume('else')
    await lose(fc, LEFT, { stays: true })
    expect((await inspected(fc.attacher, 'one')).paths.map(({ label }) => label)).toEqual([PATHS[1]])
    // A disk of another volume takes the name that is free.
    storage(fc).map(B, 9, 'else')
    await during(fc, fc.world.host.fc.rescan(RIGHT))
    await fc.world.sleep(SECOND)
    expect(nameOf(fc, '1:0:0:9')).toBe(before)
    fc.world.host.fc.setLink(LEFT, true)
    await fc.world.sleep(10 * SECOND)
    expect(nameOf(fc, DISK)).not.toBe(before)
    const { paths, degraded } = await inspected(fc.attacher, 'one')
    expect([paths.map(({ label }) => label).sort(), degraded]).toEqual([[...PATHS], false])
    expect(paths.map(({ device: path }) => path)).toContain(`/dev/${nameOf(fc, DISK) ?? ''}`)
    expect(await fc.attacher.attach(asMap('one'))).toMatchObject({ reused: true, device })
    await mount.unmount()
    expect(await fc.attacher.detach('one')).toMatchObject({ outcome: 'released', kept: [], remaining: [] })
    expect(disks(fc.world).filter((disk) => disk.endsWith(':3'))).toEqual([])
    expect(disks(fc.world)).toContain('1:0:0:9')
    await ended(fc)
  })
  test('and comes back with another volume at the LUN is not a path of the attachment, and stays at the detach', async () => {
    const fc = await started({ ...MAPPED })
    await fc.attacher.attach(asMap('one'))
    await lose(fc, LEFT, { stays: true })
    storage(fc).map(A, LUN, 'other')
    fc.world.host.fc.setLink(LEFT, true)
    await fc.world.sleep(10 * SECOND)
    expect((await inspected(fc.attacher, 'one')).paths.map(({ label }) => label)).toEqual([PATHS[1]])
    await fc.attacher.detach('one')
    expect(disks(fc.world).filter((disk) => disk.endsWith(':3'))).toEqual([DISK])
    await ended(fc)
  })
  test('over a single path: the attachment is there again under the new name', async () => {
    const fc = await started()
    await fc.attacher.attach(request('one', onlyA))
    await lose(fc, LEFT)
    expect(await fc.attacher.attach(request('one', onlyA))).toMatchObject({ reused: true, paths: [{ hctl: DISK }] })
    await fc.attacher.detach('one')
    expect(disks(fc.world)).not.toContain(DISK)
    await ended(fc)
  })
  test('and all others too: the map is reported, and the detach with onNoPaths removes it', async () => {
    const fc = await started({ ...MAPPED, ...QUIET })
    const told: string[] = []
    const watching = (async () => {
      for await (const { health } of fc.attacher.watch()) told.push(health)
    })()
    const { device } = await fc.attacher.attach(asMap('one'))
    const opener = await fc.world.openRaw(device)
    for (const port of [LEFT, RIGHT]) await lose(fc, port, { stays: true })
    await opener.close()
    expect(disks(fc.world)).toEqual([])
    expect(['no-path', 'gone']).toContain(told.at(-1))
    expect(await fc.attacher.detach('one', { onNoPaths: 'fail-io' })).toMatchObject({ outcome: 'released', remaining: [] })
    expect(maps(fc.world)).toEqual([])
    await ended(fc)
    await watching
  })
})

test('after a reload of the driver, a port with the number of another one is neither scanned nor emptied', async () => {
  const fc = await started(QUIET)
  await fc.attacher.attach(request('one', onlyA))
  await during(fc, ...[LEFT, RIGHT].map((port) => fc.world.host.fc.removePort(port)))
  fc.world.host.fc.addPort(RIGHT)
  await fc.world.sleep(SECOND)
  // RIGHT is host0 now, with another volume at the place of the disk.
  storage(fc).map(B, LUN, 'other')
  await during(fc, fc.world.host.fc.rescan(RIGHT))
  await fc.world.sleep(SECOND)
  expect(disks(fc.world)).toContain(DISK)
  expect(await fc.attacher.detach('one')).toMatchObject({ outcome: 'released' })
  expect(disks(fc.world)).toContain(DISK)
  await ended(fc)
})
test('the guards of a scan keep it from another port with the number', async () => {
  const fc = await started(QUIET)
  fc.world.host.faults.plant({ on: 'kernel.write', does: { delayMs: 4 * SECOND } })
  const attaching = fc.attacher.attach(request('one', onlyA), { timeoutMs: 20_000 })
  void attaching.catch(() => undefined)
  await fc.world.sleep(SECOND)
  await during(fc, ...[LEFT, RIGHT].map((port) => fc.world.host.fc.removePort(port)))
  fc.world.host.fc.addPort(RIGHT)
  await expect(attaching).rejects.toMatchObject({ code: expect.stringMatching(/ERR_TARGET_(UNREACHABLE|NOT_FOUND)/) as string })
  expect(disks(fc.world)).toEqual([])
  await ended(fc)
})

describe('a disk of another volume at the LUN', () => {
  const expected = ({ world }: Fc) => ({ wwid: `3${world.host.storage.volumeNamed('other').naa ?? ''}` })
  test('that is idle is replaced', async () => {
    const fc = await started()
    storage(fc).map(A, LUN, 'other')
    const { paths } = await fc.attacher.attach(request('one', onlyA, { expected: expected(fc) }))
    expect([paths.map(({ hctl }) => hctl), await origins(fc.world, 'one')]).toEqual([[DISK], { [`disk fc ${LEFT} ${A} 3`]: 'created' }])
    await fc.attacher.detach('one')
    await ended(fc)
  })
  test('that is used is an error, and stays', async () => {
    const fc = await started()
    const mount = await fc.world.mount(`/dev/${nameOf(fc, DISK) ?? ''}`)
    storage(fc).map(A, LUN, 'other')
    await expect(fc.attacher.attach(request('one', onlyA, { expected: expected(fc) }))).rejects.toMatchObject({
      code: 'ERR_IDENTITY_MISMATCH',
    })
    expect(disks(fc.world)).toContain(DISK)
    await mount.unmount()
    await ended(fc)
  })
})

test('a resize reaches each path and the map', async () => {
  const fc = await started({ ...MAPPED, ...QUIET })
  await fc.attacher.attach(asMap('one'))
  fc.world.host.storage.resize('data', 128)
  const { sizeBytes, layers } = await fc.attacher.resize('one')
  expect([sizeBytes, layers.length]).toEqual([128 * 1024 * 1024, 3])
  await fc.attacher.detach('one')
  expect(disks(fc.world)).not.toContain(SAME)
  await ended(fc)
})
test('a standby path is a path', async () => {
  const fc = await started({ ...MAPPED, ...QUIET })
  storage(fc).setAccessState(B, 'standby')
  const { paths } = await fc.attacher.attach(asMap('one'))
  expect(paths.map(({ label, accessState }) => `${label} ${accessState ?? ''}`).sort()).toEqual([
    `${PATHS[0]} active/optimized`,
    `${PATHS[1]} standby`,
  ])
  await fc.attacher.detach('one')
  await ended(fc)
})
