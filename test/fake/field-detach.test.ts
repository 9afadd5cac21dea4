/** Cases from years of bug reports of other projects: detach. */
import { expect, test, vi } from 'vitest'
import type { Attacher } from '../../lib/index.js'
import { IQN, request } from '../world/expect.js'
import { asMap, ended, serve } from './field.js'

const SHOW_PATHS = 'show paths raw format "%d"'
/** Acts at the moment when a step begins, or ends. */
function atStep(attacher: Attacher, step: string, act: () => void, type: 'step:start' | 'step:end' = 'step:start'): void {
  const events = attacher.events()
  void (async () => {
    for await (const event of events) {
      if (event.type === type && event.step === step) {
        act()
        return
      }
    }
  })()
}

test('a map that is busy for a moment is asked to go again', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const { device } = await attacher.attach(asMap())
  atStep(attacher, 'remove-map', () => {
    const prober = world.host.users.open(device)
    void world.host.clock.sleep(700, new AbortController().signal).then(() => prober.close())
  })
  let mapsThen: readonly string[] | undefined
  atStep(
    attacher,
    'remove-map',
    () => (mapsThen = world.host.names('/sys/class/block').filter((name) => name.startsWith('dm-'))),
    'step:end',
  )
  const from = world.now()
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  expect(world.now() - from).toBeGreaterThanOrEqual(700)
  expect(mapsThen, 'the step ends when the map is gone').toEqual([])
  await ended(world)
})

test('a multipathd that refuses, as one that is starting does, is not asked without pause: the kernel is told', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const { device } = await attacher.attach(asMap())
  const refusal = world.host.faults.plant({
    on: 'kernel.exchange',
    matching: ['multipathd', 'del map'],
    times: 1000,
    does: { answer: new TextEncoder().encode('fail\n\0') },
  })
  atStep(attacher, 'remove-map', () => {
    const prober = world.host.users.open(device)
    void world.host.clock.sleep(700, new AbortController().signal).then(() => prober.close())
  })
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  expect(refusal.met).toBeLessThanOrEqual(2)
  refusal.withdraw()
  await ended(world)
})

test('a map that stays busy is an error in time, with all its disks, and goes when it is tried again', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const { device } = await attacher.attach(asMap())
  let prober: { close(): void } | undefined
  atStep(attacher, 'remove-map', () => (prober = world.host.users.open(device)))
  const from = world.now()
  await expect(attacher.detach('one', { timeoutMs: 8000 })).rejects.toMatchObject({
    code: expect.stringMatching(/TIMEOUT|INCOMPLETE/) as string,
  })
  expect(world.now() - from).toBeLessThanOrEqual(8500)
  expect((await world.leftovers()).disks).toHaveLength(4)
  prober?.close()
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('a map that cannot be flushed stays as it is, with all its disks, unless it is forced', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  const before = await world.leftovers()
  world.host.faults.plant({ on: 'kernel.flush', times: 2, does: { fail: 'EIO' } })
  await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_KERNEL', step: 'flush' })
  expect(await world.leftovers()).toEqual(before)
  expect(await attacher.detach('one', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
  await ended(world)
})

test('what was written to a disk is flushed, through the disk that was used, before it is deleted', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const { device } = await attacher.attach(request('one'))
  const flush = vi.spyOn(world.host.kernel, 'flush')
  const write = vi.spyOn(world.host.kernel, 'write')
  expect(await attacher.detach('one')).toMatchObject({ dataLossPossible: false })
  expect(flush.mock.calls.map(([flushed]) => flushed)).toEqual([device])
  expect(write.mock.calls.map(([{ attribute }]) => attribute)).toEqual(['delete'])
  expect(flush.mock.invocationCallOrder[0]).toBeLessThan(write.mock.invocationCallOrder[0] ?? 0)
  await ended(world)
})

test('a disk that was never handed out is not flushed', async () => {
  const world = await serve()
  const flush = vi.spyOn(world.host.kernel, 'flush')
  const attacher = await world.attacher()
  const wrong = { expected: { sizeBytes: 512 } }
  await expect(attacher.attach(request('one', wrong))).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', sideEffects: 'undone' })
  const all = attacher.attach(asMap({ ...wrong, policy: { multipath: 'require' } }))
  await expect(all).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
  expect(flush).not.toHaveBeenCalled()
  await ended(world)
})

test('a disk that goes late is waited for', async () => {
  const world = await serve({ delays: { removeDisk: 30_000 } })
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const from = world.now()
  expect(await attacher.detach('one', { timeoutMs: 60_000 })).toMatchObject({ outcome: 'released', remaining: [] })
  expect(world.now() - from).toBeGreaterThanOrEqual(30_000)
  expect(world.now() - from).toBeLessThan(30_500)
  await ended(world)
})

test('a disk that the kernel does not let go ends the detach in time, and goes when it is tried again', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const stuck = world.host.faults.plant({ on: 'kernel.write', matching: 'delete', does: { hang: 'before' } })
  const from = world.now()
  await expect(attacher.detach('one', { timeoutMs: 5000 })).rejects.toMatchObject({ sideEffects: 'left' })
  expect(world.now() - from).toBeLessThanOrEqual(5500)
  expect((await world.leftovers()).sessions).toHaveLength(1)
  stuck.release()
  await world.sleep(100)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('a logout that fails keeps the others from nothing, is told, and is made up for', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  world.host.faults.plant({ on: 'commands.run', matching: '--logout', does: { answer: { exitCode: 10, stdout: '', stderr: 'no' } } })
  await expect(attacher.detach('one')).rejects.toMatchObject({
    code: 'ERR_DETACH_INCOMPLETE',
    sideEffects: 'left',
    details: { report: { remaining: [{ what: expect.stringContaining('session') as string }] } },
  })
  expect(await world.sessions(IQN)).toHaveLength(1)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  await ended(world)
})

test.each([0, 2, 21])('a logout that says it is done (exit code %i) counts only when the session is gone from sysfs', async (exitCode) => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  world.host.faults.plant({ on: 'commands.run', matching: '--logout', does: { answer: { exitCode, stdout: '', stderr: '' } } })
  await expect(attacher.detach('one', { timeoutMs: 8000 })).rejects.toMatchObject({ sideEffects: 'left' })
  expect(await world.sessions(IQN)).toHaveLength(1)
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released' })
  await ended(world)
})

test('a logout comes before the end of its record', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const run = vi.spyOn(world.host.commands, 'run')
  const change = vi.spyOn(world.host.kernel, 'changeRecord')
  await attacher.detach('one')
  expect(change.mock.calls.map(([{ text }]) => text)).toEqual([undefined])
  expect(run.mock.calls.map(([argv]) => argv.includes('--logout'))).toEqual([true])
  expect(run.mock.invocationCallOrder[0]).toBeLessThan(change.mock.invocationCallOrder[0] ?? 0)
  await ended(world)
})

test('multipathd has forgotten the disks when a detach answers, and one that keeps them in mind is told to', async () => {
  for (const { multipathd, told } of [
    { multipathd: 900, told: false },
    { multipathd: 8000, told: true },
  ]) {
    const world = await serve({ delays: { multipathd } })
    const attacher = await world.attacher()
    const { paths } = await attacher.attach(asMap())
    const exchange = vi.spyOn(world.host.kernel, 'exchange')
    expect((await attacher.detach('one')).remaining).toEqual([])
    const known = (await world.tellMultipathd(SHOW_PATHS)).split('\n')
    for (const { device } of paths) expect(known).not.toContain(device.slice('/dev/'.length))
    const deletions = exchange.mock.calls.filter(([{ bytes }]) => new TextDecoder().decode(bytes.slice(8)).startsWith('del path'))
    expect(deletions.length > 0).toBe(told)
    vi.restoreAllMocks()
    await ended(world)
  }
})

test('a detach lists what it has looked at: map, disks, sessions, records', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(asMap())
  const { checks } = await attacher.detach('one')
  expect(checks.every(({ ok }) => ok)).toBe(true)
  for (const [what, count] of [
    [/^map .* is gone from the kernel$/, 1],
    [/^disk .* is gone from the kernel$/, 4],
    [/^session .* is gone from the kernel$/, 4],
    [/^node record .* is gone$/, 4],
    [/^multipathd's view of .* is gone$/, 1],
  ] as const)
    expect(checks.filter((check) => what.test(check.what))).toHaveLength(count)
  await ended(world)
})

test('a map that somebody has taken away already is no hindrance', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  const { multipath } = await attacher.attach(asMap())
  await world.tellMultipathd(`del map ${multipath?.name ?? ''}`)
  expect((await world.leftovers()).maps).toEqual([])
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', remaining: [] })
  await ended(world)
})

test('a disk that cannot be flushed stays as it is, unless it is forced', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  const before = await world.leftovers()
  world.host.faults.plant({ on: 'kernel.flush', times: 2, does: { fail: 'EIO' } })
  await expect(attacher.detach('one')).rejects.toMatchObject({ code: 'ERR_KERNEL', step: 'flush' })
  expect(await world.leftovers()).toEqual(before)
  expect(await attacher.detach('one', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
  await ended(world)
})
