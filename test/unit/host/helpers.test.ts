import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

import { scsiHostIn } from '../../../lib/core/helper-places.js'
import { HelperPool } from '../../../lib/host/helper-pool.js'
import { HelperProcess } from '../../../lib/host/helper-process.js'
import { createHelpers } from '../../../lib/host/helpers.js'
import { silentLog } from '../../../lib/core/silent-log.js'
import { eventually, forever, temporaryDirectory } from './temporary-directory.js'

const program = join(import.meta.dirname, 'fake-helper.mjs')

const limits = { processes: 4, slowMs: 60_000, aside: 20, host: 20, stuck: 20, holding: 2, idle: 2, lingerMs: 400 }
/** `sdh3a` is a disk of host3. */
const hostOf = (device: string) => Promise.resolve(/h(\d)/.exec(device)?.[1]).then((host) => (host === undefined ? host : `host${host}`))

async function setUp(other: Partial<typeof limits> = {}) {
  const state = await temporaryDirectory()
  await writeFile(join(state, 'calls'), '')
  const started: HelperProcess[] = []
  const pool = new HelperPool(
    () => {
      const helper = new HelperProcess([process.execPath, program, state])
      started.push(helper)
      return helper
    },
    { ...limits, ...other },
  )
  onTestFinished(async () => {
    for (const helper of started) helper.end()
    await Promise.all(started.map((helper) => helper.ended))
  })
  const calls = async () => (await readFile(join(state, 'calls'), 'utf8')).trimEnd().split('\n')
  return {
    pool,
    helpers: createHelpers(pool, silentLog, hostOf),
    started,
    calls,
    letGo: (name: string) => writeFileSync(join(state, name), ''),
    state,
  }
}

describe('the calls', () => {
  test('guarded write: written, gone, changed', async () => {
    const { helpers, state } = await setUp()
    const request = {
      directory: '',
      attribute: 'delete',
      value: '1',
      guards: [{ attribute: 'wwid', equals: 'naa.5' }],
      waits: 'unbounded' as const,
    }
    expect(await helpers.write('4:0:0:1', '/sys/written', request, forever)).toEqual({ outcome: 'written' })
    expect(await readFile(join(state, 'written'), 'utf8')).toBe('delete=1\n')
    expect(await helpers.write('4:0:0:1', '/sys/gone', request, forever)).toEqual({ outcome: 'gone' })
    expect(await helpers.write('4:0:0:1', '/sys/changed', request, forever)).toEqual({
      outcome: 'changed',
      attribute: 'wwid',
      found: 'other',
    })
    expect(await helpers.write('4:0:0:1', '/sys/unknown', request, forever)).toEqual({
      outcome: 'changed',
      attribute: 'wwid',
      found: undefined,
    })
  })
  test('flush, direct read, and what the kernel refuses', async () => {
    const { helpers } = await setUp()
    await helpers.flush('/dev/sda', forever)
    expect(Buffer.from(await helpers.readDirect('/dev/sda', 2 ** 40 + 512, 4096, forever)).toString()).toBe('1099511628288+4096')
    await expect(helpers.flush('/dev/fail', forever)).rejects.toMatchObject({
      code: 'ERR_KERNEL',
      details: { errno: 'EIO', syscall: 'fsync', path: '/dev/fail' },
    })
  })
  test('removing a map: removed, busy, gone', async () => {
    const { helpers } = await setUp()
    for (const outcome of ['removed', 'busy', 'gone']) {
      expect(await helpers.removeMap('/dev/mapper/control', outcome, forever)).toBe(outcome)
    }
    await expect(helpers.removeMap('/dev/mapper/control', 'neither', forever)).rejects.toMatchObject({ code: 'ERR_PARSE' })
    await expect(helpers.removeMap('/dev/mapper/fail', 'removed', forever)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  })
  test('making a map: made, busy', async () => {
    const { helpers, state } = await setUp()
    const map = { uuid: 'mpath-36', sectors: 2 ** 40, readOnly: false, parameters: '0 0 1 1 service-time 0 1 1 8:0 1' }
    for (const name of ['created', 'busy']) expect(await helpers.createMap('/dev/mapper/control', { ...map, name }, forever)).toBe(name)
    const made = await readFile(join(state, 'made'), 'utf8')
    expect(made.split('\n')[0]).toBe('created mpath-36 1099511627776 0 0 0 1 1 service-time 0 1 1 8:0 1')
    await expect(helpers.createMap('/dev/mapper/control', { ...map, name: 'neither' }, forever)).rejects.toMatchObject({
      code: 'ERR_PARSE',
    })
    await expect(helpers.createMap('/dev/mapper/fail', { ...map, name: 'created' }, forever)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  })
  test('setting a device read-only: changed, unchanged, gone', async () => {
    const { helpers, state } = await setUp()
    const change = { device: '', readOnly: true, diskseq: '7' }
    for (const name of ['changed', 'unchanged', 'gone']) expect(await helpers.setReadOnly(`/dev/${name}`, change, forever)).toBe(name)
    expect(await helpers.setReadOnly('/dev/changed', { device: '', readOnly: false, diskseq: undefined }, forever)).toBe('changed')
    expect((await readFile(join(state, 'made'), 'utf8')).split('\n')).toEqual(['1 7', '1 7', '1 7', '0 0', ''])
    await expect(helpers.setReadOnly('/dev/neither', change, forever)).rejects.toMatchObject({ code: 'ERR_PARSE' })
    await expect(helpers.setReadOnly('/dev/fail', change, forever)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  })
  test('use one helper again and again, and keep no more than a few', async () => {
    const { helpers, pool, started } = await setUp()
    for (let call = 0; call < 5; call++) await helpers.flush('/dev/sda', forever)
    expect(started.length).toBe(1)
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => helpers.flush(`/dev/sd${name}`, forever)))
    expect(started.length).toBe(4)
    expect(pool.stats().idle, 'kept for a while').toBe(4)
    await eventually(() => pool.stats().processes === 2)
    expect(pool.stats()).toEqual({ processes: 2, idle: 2, busy: 0, aside: 0, stuck: 0, holding: 0, queued: 0, waited: 2 })
  })
})

describe('a device that does not answer', () => {
  test('keeps one helper, however many call; the others go on; in the end all come back', async () => {
    const { helpers, pool, letGo, calls } = await setUp()
    const controllers = Array.from({ length: 64 }, () => new AbortController())
    const stuck = controllers.map(({ signal }) => helpers.flush('/dev/stuck-x', signal))
    await eventually(async () => (await calls()).some((line) => line.endsWith('stuck-x')))
    expect(pool.stats()).toMatchObject({ processes: 1, busy: 1, stuck: 0, queued: 63 })

    await Promise.all(Array.from({ length: 20 }, (_, index) => helpers.flush(`/dev/sd${index % 5}`, forever)))
    expect(pool.stats().processes).toBeLessThanOrEqual(4)

    const begin = performance.now()
    for (const [index, controller] of controllers.entries()) controller.abort(`reason ${index}`)
    const outcomes = await Promise.allSettled(stuck)
    expect(performance.now() - begin, 'answered at once').toBeLessThan(200)
    expect(outcomes).toEqual(outcomes.map((_, index) => ({ status: 'rejected', reason: `reason ${index}` })))
    expect(pool.stats()).toMatchObject({ busy: 1, stuck: 1, queued: 0 })

    const after = helpers.flush('/dev/stuck-x', forever)
    await helpers.flush('/dev/sda', forever)
    expect(pool.stats(), 'a later call waits behind the stuck one').toMatchObject({ stuck: 1, queued: 1 })
    letGo('x')
    await after
    await eventually(() => pool.stats().stuck === 0)
    expect(pool.stats()).toMatchObject({ busy: 0, stuck: 0, queued: 0 })
    expect((await calls()).filter((line) => line.endsWith('stuck-x')).length, 'the aborted ones were never begun').toBe(2)
  })
  test('has a place aside as soon as it is slow, or nobody waits for it: devices that answer wait for none of them', async () => {
    const { helpers, pool, letGo } = await setUp({ slowMs: 1 })
    const controller = new AbortController()
    const sick = 'abcdefghijklm'.split('').map((name) => helpers.flush(`/dev/stuck-${name}`, controller.signal))
    await eventually(() => pool.stats().aside === 13)
    const { waited } = pool.stats()
    await Promise.all(['x', 'y', 'z'].map((name) => helpers.flush(`/dev/sd${name}`, forever)))
    expect(pool.stats()).toMatchObject({ waited, busy: 13, stuck: 0, queued: 0 })
    controller.abort(new Error('late'))
    expect((await Promise.allSettled(sick)).every(({ status }) => status === 'rejected')).toBe(true)
    expect(pool.stats()).toMatchObject({ busy: 13, aside: 13, stuck: 13 })
    for (const name of 'abcdefghijklm') letGo(name)
    await eventually(() => pool.stats().busy === 0)
    expect(pool.stats()).toMatchObject({ aside: 0, stuck: 0 })
  })
  test('keeps its place when none is aside, until its signal or until the kernel lets go', async () => {
    const { helpers, pool, letGo } = await setUp({ aside: 0 })
    const controller = new AbortController()
    const stuck = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => helpers.flush(`/dev/stuck-${name}`, controller.signal))
    await eventually(() => pool.stats().busy === 4)
    controller.abort(new Error('late'))
    expect((await Promise.allSettled(stuck)).every(({ status }) => status === 'rejected')).toBe(true)
    expect(pool.stats()).toMatchObject({ processes: 4, busy: 4, stuck: 4, queued: 0, waited: 2 })

    await expect(helpers.flush('/dev/sda', AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
    const waiting = helpers.flush('/dev/sda', forever)
    await eventually(() => pool.stats().queued === 1)
    expect(pool.stats()).toMatchObject({ processes: 4, waited: 4 })
    letGo('c')
    await waiting
    expect(pool.stats()).toMatchObject({ stuck: 3, queued: 0 })
    for (const name of ['a', 'b', 'd']) letGo(name)
    await eventually(() => pool.stats().stuck === 0)
  })
  test('stops the others of its SCSI host when they are many: they are refused by name, those of other hosts are not', async () => {
    const { helpers, pool, letGo } = await setUp({ stuck: 2 })
    const controller = new AbortController()
    const sick = ['a', 'b'].map((name) => helpers.flush(`/dev/stuck-h3${name}`, controller.signal))
    await eventually(() => pool.stats().busy === 2)
    await helpers.flush('/dev/sdh3c', forever)
    controller.abort(new Error('late'))
    await Promise.allSettled(sick)
    const refused = { code: 'ERR_STUCK_IN_KERNEL', retryable: true, details: { host: 'host3', stuck: 2 } }
    await expect(helpers.flush('/dev/sdh3c', forever)).rejects.toMatchObject(refused)
    await expect(helpers.hold('/dev/sdh3d', forever)).rejects.toMatchObject({
      ...refused,
      details: { device: '/dev/sdh3d', host: 'host3' },
    })
    const write = { directory: '', attribute: 'delete', value: '1', guards: [], waits: 'unbounded' as const }
    await expect(helpers.write('/sys/class/scsi_device/3:0:0:1/device', '/sys/written', write, forever)).rejects.toMatchObject(refused)
    expect(await helpers.write('/sys/class/scsi_device/4:0:0:1/device', '/sys/written', write, forever)).toEqual({ outcome: 'written' })
    await helpers.flush('/dev/sdh4a', forever)
    letGo('h3a')
    await eventually(() => pool.stats().stuck === 1)
    await helpers.flush('/dev/sdh3c', forever)
    letGo('h3b')
  })
  test('of one SCSI host takes only so many helpers, while others of it wait', async () => {
    const { helpers, pool, letGo } = await setUp({ host: 2, slowMs: 1 })
    const sick = ['a', 'b', 'c'].map((name) => helpers.flush(`/dev/stuck-h3${name}`, forever))
    await eventually(() => pool.stats().aside === 2)
    await helpers.flush('/dev/sdh4a', forever)
    expect(pool.stats()).toMatchObject({ busy: 2, queued: 1, waited: 0 })
    for (const name of 'abc') letGo(`h3${name}`)
    await Promise.all(sick)
  })
  test('keeps this process alive only while somebody waits for it', async () => {
    const { helpers, pool, letGo } = await setUp()
    const keepingAlive = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
    const before = keepingAlive()
    const controller = new AbortController()
    const stuck = helpers.flush('/dev/stuck-x', controller.signal)
    await eventually(() => keepingAlive() === before + 1)
    controller.abort('late')
    await expect(stuck).rejects.toBe('late')
    expect(keepingAlive()).toBe(before)
    letGo('x')
    await eventually(() => pool.stats().idle === 1)
    expect(keepingAlive()).toBe(before)
    const hold = await helpers.hold('/dev/sda', forever)
    expect(keepingAlive()).toBe(before)
    if (hold !== 'busy' && hold !== 'gone') await hold.release()
    expect(keepingAlive()).toBe(before)
  })
})

test.each([
  ['/sys/class/scsi_device/4:0:0:1/device', 'host4'],
  ['/sys/devices/platform/host12/session3/target12:0:0/12:0:0:1', 'host12'],
  ['/sys/class/scsi_host/host7', 'host7'],
  ['/sys/devices/virtual/block/dm-3', undefined],
])('the SCSI host of %s is %s', (path, host) => {
  expect(scsiHostIn(path)).toBe(host)
})

describe('calls with one key', () => {
  test('run one at a time, in order', async () => {
    const { helpers, letGo, calls, pool } = await setUp()
    const done: number[] = []
    const all = Array.from({ length: 5 }, (_, index) => helpers.readDirect('/dev/stuck-k', index, 1, forever).then(() => done.push(index)))
    await eventually(() => pool.stats().busy === 1)
    expect((await calls()).length).toBeLessThanOrEqual(1)
    letGo('k')
    await Promise.all(all)
    expect(done).toEqual([0, 1, 2, 3, 4])
    expect(pool.stats().processes).toBe(1)
  })
})

describe('a hold', () => {
  test('keeps a helper until it is released, once', async () => {
    const { helpers, pool, calls } = await setUp()
    const hold = await helpers.hold('/dev/dm-0', forever)
    if (hold === 'busy' || hold === 'gone') throw new Error(hold)
    expect(pool.stats()).toMatchObject({ holding: 1, idle: 0, busy: 0 })
    await helpers.flush('/dev/dm-0', forever)
    await Promise.all([hold.release(), hold.release()])
    expect(pool.stats()).toMatchObject({ holding: 0, idle: 2 })
    expect((await calls()).filter((line) => / 3$/.test(line)).length).toBe(1)
  })
  test('of a busy or vanished device keeps none', async () => {
    const { helpers, pool } = await setUp()
    expect(await helpers.hold('/dev/busy', forever)).toBe('busy')
    expect(await helpers.hold('/dev/gone', forever)).toBe('gone')
    await expect(helpers.hold('/dev/fail', forever)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
    expect(pool.stats()).toMatchObject({ holding: 0, busy: 0, idle: 1 })
  })
  test('that comes when nobody waits any more is released at once', async () => {
    const { helpers, pool, calls, letGo } = await setUp()
    const controller = new AbortController()
    const hold = helpers.hold('/dev/stuck-h', controller.signal)
    await eventually(() => pool.stats().busy === 1)
    controller.abort(new Error('late'))
    await expect(hold).rejects.toThrow('late')
    letGo('h')
    await eventually(() => pool.stats().idle === 1)
    expect(pool.stats()).toMatchObject({ holding: 0, stuck: 0 })
    expect((await calls()).map((line) => line.split(' ')[1])).toEqual(['2', '3'])
  })
  test('has a place of its own: however many are kept, other calls wait for none of them', async () => {
    const { helpers, pool } = await setUp({ processes: 2, holding: 20 })
    const holds = await Promise.all('abcdefgh'.split('').map((name) => helpers.hold(`/dev/${name}`, forever)))
    const { waited } = pool.stats()
    expect(pool.stats()).toMatchObject({ holding: 8, busy: 0 })
    const ninth = await helpers.hold('/dev/i', forever)
    await helpers.flush('/dev/a', forever)
    expect(pool.stats()).toMatchObject({ holding: 9, waited })
    for (const hold of [...holds, ninth]) if (typeof hold === 'object') await hold.release()
    expect(pool.stats()).toMatchObject({ holding: 0 })
  })
  test('never takes the last helpers: who holds a device still can flush it', async () => {
    const { helpers, pool } = await setUp()
    const holds = ['a', 'b', 'c', 'd', 'e'].map((name) => helpers.hold(`/dev/${name}`, forever))
    const release = async (hold: Awaited<(typeof holds)[number]>) => {
      if (hold !== 'busy' && hold !== 'gone') await hold.release()
    }
    const [first, second, ...others] = holds
    await Promise.all([first, second])
    expect(pool.stats()).toMatchObject({ holding: 2, queued: 3 })
    await helpers.flush('/dev/a', forever)
    for (const hold of [first, second, ...others]) if (hold !== undefined) await release(await hold)
    expect(pool.stats()).toMatchObject({ holding: 0, queued: 0 })
  })
})

describe('a helper that ends', () => {
  test('fails its call with ERR_KERNEL, and another is started for the next', async () => {
    const { helpers, pool, started } = await setUp()
    await expect(helpers.flush('/dev/crash', forever)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { exitCode: 7 } })
    await helpers.flush('/dev/sda', forever)
    expect(started.length).toBe(2)
    expect(pool.stats()).toMatchObject({ processes: 1, idle: 1 })
  })
  test('while idle is forgotten', async () => {
    const { helpers, pool, started } = await setUp()
    await helpers.flush('/dev/sda', forever)
    process.kill(started[0]?.pid ?? 0, 'SIGKILL')
    await eventually(() => pool.stats().processes === 0)
    await helpers.flush('/dev/sda', forever)
  })
  test('while it holds something is released as if nothing were', async () => {
    const { helpers, pool, started } = await setUp()
    const hold = await helpers.hold('/dev/sda', forever)
    process.kill(started[0]?.pid ?? 0, 'SIGKILL')
    await eventually(() => pool.stats().processes === 0)
    if (hold !== 'busy' && hold !== 'gone') await hold.release()
    expect(pool.stats()).toMatchObject({ holding: 0, processes: 0 })
  })
  test.each(['/dev/garbage', '/dev/garbled'])('or talks nonsense is ended: %s', async (device) => {
    const { helpers, pool } = await setUp()
    await expect(helpers.flush(device, forever)).rejects.toMatchObject({ code: 'ERR_PARSE' })
    await eventually(() => pool.stats().processes === 0)
  })
  test('or cannot be started is ERR_NATIVE_UNAVAILABLE', async () => {
    const missing = createHelpers(new HelperPool(() => new HelperProcess(['/none/brickwork-helper'])), silentLog, hostOf)
    await expect(missing.flush('/dev/sda', forever)).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' })
    await expect(missing.hold('/dev/sda', forever)).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' })
    const linker = createHelpers(new HelperPool(() => new HelperProcess(['sh', '-c', 'exit 127'])), silentLog, hostOf)
    await expect(linker.flush('/dev/sda', forever)).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' })
    const unfindable = new HelperPool(() => {
      throw new Error('no helper')
    })
    await expect(createHelpers(unfindable, silentLog, hostOf).flush('/dev/sda', forever)).rejects.toThrow('no helper')
    expect(unfindable.stats()).toMatchObject({ queued: 0, busy: 0 })
  })
})
