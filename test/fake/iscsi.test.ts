/** iSCSI cases that need a special machine. They run over FakeHost only. */
import { expect, test } from 'vitest'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

async function worldWith(options: FakeHostOptions = {}): Promise<FakeWorld> {
  const world = await createFakeWorld(options)
  await serveOne(world)
  return world
}
async function ended(world: FakeWorld): Promise<void> {
  await world.close()
  await expectClean(world, 'at the end')
  world.host.verify()
  expect(world.host.clock.sleeping).toBe(0)
}

test('open-iscsi 2.1.10, which never answers a waited login with scan=manual, is not waited for', async () => {
  const world = await worldWith({ openIscsiVersion: '2.1.10', recordRoot: '/var/lib/iscsi' })
  const attacher = await world.attacher()
  const from = world.now()
  expect(await attacher.attach(request('one'))).toMatchObject({ reused: false })
  expect(world.now() - from).toBeLessThan(2000)
  expect(world.host.ran.filter((argv) => argv.includes('--login')).every((argv) => argv.includes('--no_wait'))).toBe(true)
  await attacher.detach('one')
  await ended(world)
})

test('a login of open-iscsi 2.1.10 that fails is an unreachable target, in time', async () => {
  const world = await worldWith({ openIscsiVersion: '2.1.10', recordRoot: '/var/lib/iscsi' })
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  const from = world.now()
  await expect(attacher.attach(request('one'), { timeoutMs: 15_000 })).rejects.toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' })
  expect(world.now() - from).toBeLessThanOrEqual(15_500)
  await ended(world)
})

test('records lie where open-iscsi of this host keeps them', async () => {
  for (const [openIscsiVersion, recordRoot] of [
    ['2.1.8', '/etc/iscsi'],
    ['2.1.11', '/var/lib/iscsi'],
  ] as const) {
    const world = await worldWith({ openIscsiVersion, recordRoot })
    const attacher = await world.attacher()
    await attacher.attach(request('one'))
    expect(world.host.names(`${recordRoot}/nodes/${IQN}`)).toEqual(['10.99.1.1,3260'])
    await attacher.detach('one')
    await ended(world)
  }
})

test('a LUN that was given to another volume is not answered again under its old name', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await world.volume('intruder')
  await world.mapLun(IQN, 1, 'intruder')
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({
    code: 'ERR_IDENTITY_MISMATCH',
    step: 'verify',
    sideEffects: 'none',
  })
  await attacher.detach('one')
  await ended(world)
})

test('a disk from before that does not answer is not handed out', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  world.host.faults.plant({
    on: 'kernel.scsi',
    does: { answer: { status: 0, hostStatus: 3, driverStatus: 0, sense: new Uint8Array(), data: new Uint8Array() } },
  })
  await expect(attacher.attach(request('two'))).rejects.toMatchObject({ code: 'ERR_IDENTITY_UNKNOWN' })
  expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
  await attacher.detach('one')
  await ended(world)
})

test('the expected WWID may be spelt in any way, and another one is refused', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  const { wwid } = await attacher.attach(request('one'))
  const naa = (wwid ?? '').slice(1)
  await attacher.detach('one')
  for (const spelling of [wwid ?? '', `naa.${naa}`, `0x${naa}`, `NAA.${naa.toUpperCase()}`]) {
    await attacher.attach(request('one', { expected: { wwid: spelling } }))
    await attacher.detach('one')
  }
  const wrong = attacher.attach(request('one', { expected: { wwid: `naa.${naa.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}` } }))
  await expect(wrong).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', sideEffects: 'undone' })
  await ended(world)
})

test('each portal that failed is told with its own reason', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  await world.portal(PORTAL, 'refuse')
  await world.portal(SECOND_PORTAL, 'drop')
  const attacher = await world.attacher()
  const failed = attacher.attach(request('one', { portals: [PORTAL, SECOND_PORTAL] }), { timeoutMs: 10_000 })
  await expect(failed).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    retryable: true,
    attempts: [
      { path: PORTAL, code: 'ERR_TARGET_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') as string },
      { path: SECOND_PORTAL, code: 'ERR_TARGET_UNREACHABLE', message: expect.stringContaining('no answer') as string },
    ],
  })
  await ended(world)
})

test('a portal that never answers leaves time for the next one', async () => {
  const world = await createFakeWorld()
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  const attachment = await attacher.attach(request('one', { portals: [PORTAL, SECOND_PORTAL] }), { timeoutMs: 20_000 })
  expect(attachment).toMatchObject({ degraded: true, paths: [{ label: SECOND_PORTAL }] })
  await attacher.detach('one')
  await ended(world)
})

test('a login that was given up is settled by close', async () => {
  const world = await worldWith()
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  const controller = new AbortController()
  const attached = attacher.attach(request('one'), { signal: controller.signal, timeoutMs: 40_000 })
  const failed = expect(attached).rejects.toMatchObject({
    code: 'ERR_ABORTED',
    sideEffects: 'pending',
    details: { pending: [{ kind: 'login' }] },
  })
  await world.sleep(1000)
  controller.abort()
  await failed
  await world.portal(PORTAL, 'open')
  await attacher.close()
  expect(await world.sessions(IQN)).toEqual([])
  await ended(world)
})

test('a login that a killed process had in hand is settled by recover', async () => {
  const world = await worldWith()
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  void attacher.attach(request('one'), { timeoutMs: 40_000 })
  await world.sleep(1000)
  world.crash()
  await world.portal(PORTAL, 'open')
  const next = await world.attacher()
  expect((await next.recover()).actions).toMatchObject([{ id: 'one', action: 'resolved' }])
  await world.sleep(20_000)
  expect(await world.sessions(IQN)).toEqual([])
  await ended(world)
})

test('an attach after a kill takes over the login that iscsid still has in hand', async () => {
  const world = await worldWith()
  await world.portal(PORTAL, 'mute')
  const attacher = await world.attacher()
  void attacher.attach(request('one'), { timeoutMs: 40_000 })
  await world.sleep(1000)
  world.crash()
  await world.portal(PORTAL, 'open')
  const next = await world.attacher()
  await next.attach(request('two'), { timeoutMs: 60_000 })
  expect(await world.sessions(IQN)).toHaveLength(1)
  await next.recover()
  expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
  await next.detach('two')
  await ended(world)
})

test('iscsiadm is never ended by us, and runs only to log in, to log out and to say its version', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await attacher.detach('one')
  const words = world.host.ran.map((argv) => argv.filter((word) => word.startsWith('--')).join(' '))
  expect(words).toEqual(['--version', '--login', '--logout'])
  await ended(world)
})

test('without udevd the device is handed out for the kernel, and says so', async () => {
  const world = await worldWith({ udevd: false })
  const attacher = await world.attacher()
  expect(await attacher.attach(request('one'))).toMatchObject({ udevReady: false })
  await attacher.detach('one')
  await ended(world)
})

test('what this version cannot do is refused before anything is touched', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await expect(attacher.attach(request('one', { policy: { multipath: 'require' } }))).rejects.toMatchObject({
    code: 'ERR_MULTIPATH_UNAVAILABLE',
  })
  expect(world.host.ran).toEqual([])
  await ended(world)
})

test('missing tools and dead daemons are named', async () => {
  const without = await worldWith({ missingPrograms: ['iscsiadm'] })
  without.host.programs.delete('iscsiadm')
  const attacher = await without.attacher()
  await expect(attacher.attach(request('one'))).rejects.toMatchObject({
    code: 'ERR_TOOL_MISSING',
    message: expect.stringContaining('iscsiadm') as string,
  })
  await ended(without)
  const dead = await worldWith({ iscsid: false })
  const other = await dead.attacher()
  await expect(other.attach(request('one'), { timeoutMs: 10_000 })).rejects.toMatchObject({
    code: 'ERR_DAEMON_UNREACHABLE',
    sideEffects: 'undone',
  })
  await ended(dead)
})

test('a volume whose flush hangs is kept; by force it goes, and the answer says what that may cost', async () => {
  const world = await worldWith()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const hung = world.host.faults.plant({ on: 'kernel.flush', times: 2, does: { hang: 'before' } })
  await expect(attacher.detach('one', { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT', step: 'flush' })
  expect((await world.leftovers()).disks).toEqual([`${IQN} 1`])
  expect(await attacher.detach('one', { timeoutMs: 5000, force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
  hung.release()
  await ended(world)
})

test('the record database of open-iscsi stays locked: named, in time', async () => {
  const world = await worldWith()
  world.host.put('/run/lock/iscsi/lock.write', '')
  world.host.put('/proc/901/stat', `901 (iscsiadm) D 1 901 901 0 -1 ${'0 '.repeat(13)}901 0 0`)
  const attacher = await world.attacher()
  const failed = attacher.attach(request('one'), { timeoutMs: 8000 })
  const details = {
    awaited: "open-iscsi's database lock (/run/lock/iscsi/lock.write)",
    waitedMs: expect.any(Number) as number,
    heldBy: [{ pid: 901, command: 'iscsiadm' }],
  }
  await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/ERR_BUSY|ERR_TIMEOUT/) as string, step: 'login', details })
  world.host.take('/run/lock/iscsi/lock.write')
  await ended(world)
})
