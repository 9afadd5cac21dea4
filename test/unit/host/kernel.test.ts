import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'

import type { GuardedWrite } from '../../../lib/core/host.js'
import type { Helpers } from '../../../lib/host/helpers.js'
import { createKernel } from '../../../lib/host/kernel.js'
import type { Addon } from '../../../lib/host/native.js'
import { createPaths } from '../../../lib/host/paths.js'
import { rootsBelow } from '../../../lib/host/roots.js'
import { writeKey } from '../../../lib/host/write-key.js'
import { forever, temporaryDirectory } from './temporary-directory.js'

const never = () => new Promise<never>(() => undefined)
const failing = (errno: number, syscall: string, path: string) => () =>
  Promise.reject(Object.assign(new Error(syscall), { errno: -errno, syscall, path }))

/** A call that the test does not define fails it. */
function kernelOver(addon: Partial<Addon>, more: { helpers?: Partial<Helpers>; root?: string; netns?: string } = {}) {
  return createKernel({
    addon: () => addon as Addon,
    helpers: (more.helpers ?? {}) as Helpers,
    paths: createPaths(rootsBelow(more.root ?? '/')),
    netns: more.netns,
  })
}

describe('an abort', () => {
  const write: GuardedWrite = { directory: '/sys/x', guards: [], attribute: 'scan', value: '0 0 1', waits: 'bounded' }
  const abandoned: Promise<unknown>[] = []
  let called = 0
  const unanswered = () => {
    called += 1
    return never()
  }
  const kernel = kernelOver({
    readTree: unanswered,
    guardedWrite: unanswered,
    sgCommand: unanswered,
    tcpConnect: unanswered,
    exchange: unanswered,
    openers: unanswered,
    deviceMapper: unanswered,
    changeRecord: unanswered,
    abandon: (call) => abandoned.push(call),
  })
  test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ['readTree', (signal) => kernel.readTree({ root: '/sys/block', node: {} }, signal)],
    ['write', (signal) => kernel.write(write, signal)],
    ['scsi', (signal) => kernel.scsi({ device: '/dev/sg0', cdb: Uint8Array.of(0x12), length: 36, timeoutMs: 1000 }, signal)],
    ['connect', (signal) => kernel.connect('192.0.2.1', 3260, signal)],
    ['exchange', (signal) => kernel.exchange({ socket: 'ISCSIADM_ABSTRACT_NAMESPACE', bytes: new Uint8Array(), reply: 'eof' }, signal)],
    ['openers', (signal) => kernel.openers(['8:0'], signal)],
    ['deviceMapper', (signal) => kernel.deviceMapper({ uuid: 'mpath-36', command: 'status' }, signal)],
    ['changeRecord', (signal) => kernel.changeRecord({ lockDirectory: '/run/lock/iscsi', path: '/etc/iscsi/x', text: '' }, signal)],
  ])('of %s is answered at once, with its reason, and reaches the addon', async (_, call) => {
    abandoned.length = 0
    called = 0
    const controller = new AbortController()
    const running = call(controller.signal)
    while (called === 0) await new Promise((resolve) => setImmediate(resolve))
    controller.abort('enough')
    await expect(running).rejects.toBe('enough')
    expect(abandoned).toHaveLength(1)
    await expect(call(AbortSignal.abort('before'))).rejects.toBe('before')
    expect(abandoned).toHaveLength(1)
  })
  test('is not told of a call that has its answer', async () => {
    const told: unknown[] = []
    const answered = kernelOver({ tcpConnect: () => Promise.resolve(0), abandon: (call) => told.push(call) })
    const controller = new AbortController()
    await answered.connect('192.0.2.1', 3260, controller.signal)
    controller.abort('late')
    expect(told).toEqual([])
  })
})

describe('multipathd', () => {
  const asks: { socket: string; answer: (bytes: Uint8Array) => void }[] = []
  const kernel = kernelOver({
    exchange: (socket) => new Promise((answer) => asks.push({ socket, answer })),
    abandon: () => undefined,
  })
  const ask = (socket: string, reply: 'framed' | 'eof', signal = forever) =>
    kernel.exchange({ socket, bytes: new Uint8Array(), reply }, signal)

  test('is asked one question at a time; one that is given up lets the next be asked at once', async () => {
    const gone = new AbortController()
    const first = ask('multipathd', 'framed', gone.signal)
    const second = ask('multipathd', 'framed')
    const login = ask('iscsid', 'eof')
    const other = ask('iscsid', 'eof')
    await vi.waitFor(() => expect(asks.map(({ socket }) => socket)).toEqual(['iscsid', 'iscsid', 'multipathd']))
    gone.abort('enough')
    await expect(first).rejects.toBe('enough')
    await vi.waitFor(() => expect(asks).toHaveLength(4))
    for (const { answer } of asks) answer(Uint8Array.of(1))
    expect(await Promise.all([second, login, other])).toEqual([Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(1)])
  })
})

describe('reading a tree', () => {
  test('passes the whole plan, each list of names as one text, and the name when nothing is there', async () => {
    const seen: unknown[] = []
    const kernel = kernelOver({
      readTree: (root, plan) => {
        seen.push(root, plan)
        return Promise.resolve(Uint8Array.of(0))
      },
    })
    const node = { attributes: ['size', 'ro'], children: [{ pattern: 'sd*', names: ['sda', 'sdb'], node: {} }] }
    const tree = await kernel.readTree({ root: '/sys/class/block', node }, forever)
    expect(tree.name).toBe('block')
    expect(seen).toEqual([
      '/sys/class/block',
      {
        attributes: 'size\0ro\0',
        links: '',
        children: [{ pattern: 'sd*', names: 'sda\0sdb\0', follow: false, node: { attributes: '', links: '', children: [] } }],
      },
    ])
  })
})

test('a plan in which a name contains NUL is refused: it would be two names', async () => {
  const kernel = kernelOver({ readTree: () => Promise.resolve(Uint8Array.of(0)) })
  await expect(kernel.readTree({ root: '/sys', node: { attributes: ['a\0b'] } }, forever)).rejects.toThrow('contains NUL')
})

describe('a guarded write', () => {
  test('goes to the addon when the kernel ends it, with the key of what it waits for', async () => {
    const seen: unknown[] = []
    const kernel = kernelOver({
      guardedWrite: (...call) => {
        seen.push(...call)
        return Promise.resolve({ outcome: 'changed', attribute: 'unique_id', found: Buffer.from('5\n') })
      },
    })
    const request = {
      directory: '/sys/class/scsi_host/host4',
      guards: [
        { attribute: 'unique_id', equals: '4' },
        { attribute: 'address', equals: 'traddr=', prefix: true },
      ],
      attribute: 'scan',
      value: '0 0 1',
    }
    expect(await kernel.write({ ...request, waits: 'bounded' }, forever)).toEqual({
      outcome: 'changed',
      attribute: 'unique_id',
      found: '5',
    })
    expect(seen).toEqual([
      'host4',
      '/sys/class/scsi_host/host4',
      [
        { attribute: 'unique_id', equals: Buffer.from('4'), prefix: false },
        { attribute: 'address', equals: Buffer.from('traddr='), prefix: true },
      ],
      'scan',
      Buffer.from('0 0 1'),
    ])
  })
  test('goes to a helper when it may wait for ever', async () => {
    const seen: unknown[] = []
    const helpers: Partial<Helpers> = {
      write: (key, directory) => {
        seen.push(key, directory)
        return Promise.resolve({ outcome: 'gone' })
      },
    }
    const request: GuardedWrite = {
      directory: '/sys/class/scsi_device/4:0:0:1/device',
      guards: [],
      attribute: 'delete',
      value: '1',
      waits: 'unbounded',
    }
    expect(await kernelOver({}, { helpers }).write(request, forever)).toEqual({ outcome: 'gone' })
    expect(seen).toEqual([request.directory, request.directory])
  })
  test.each([
    ['/sys/class/scsi_host/host4', 'host4'],
    ['/sys/devices/platform/host4/session3/target4:0:0/4:0:0:1', '4:0:0:1'],
    ['/sys/class/scsi_device/4:0:0:1/device', '4:0:0:1'],
    ['/sys/class/fc_host', '/sys/class/fc_host'],
  ])('of %s waits for %s', (directory, key) => {
    expect(writeKey(directory)).toBe(key)
  })
})

describe('errors', () => {
  test('say what failed, by name', async () => {
    const kernel = kernelOver({ sgCommand: failing(19, 'open', '/dev/sg3'), readTree: failing(13, 'openat', '/sys/x') })
    await expect(kernel.scsi({ device: '/dev/sg3', cdb: Uint8Array.of(0), length: 0, timeoutMs: 1 }, forever)).rejects.toMatchObject({
      code: 'ERR_KERNEL',
      details: { errno: 'ENODEV', syscall: 'open', path: '/dev/sg3' },
    })
    await expect(kernel.readTree({ root: '/sys/x', node: {} }, forever)).rejects.toMatchObject({ code: 'ERR_PERMISSION' })
  })
  test('of a connection are an answer', async () => {
    let errno = 0
    const kernel = kernelOver({ tcpConnect: () => Promise.resolve(errno) })
    expect(await kernel.connect('192.0.2.1', 3260, forever)).toEqual({ outcome: 'connected' })
    errno = 111
    expect(await kernel.connect('192.0.2.1', 3260, forever)).toEqual({ outcome: 'failed', error: 'ECONNREFUSED' })
  })
  test('of a daemon tell that nobody listens from an impostor', async () => {
    const request = { socket: '/org/kernel/linux/storage/multipathd', bytes: new Uint8Array(), reply: 'framed' as const }
    const nobody = kernelOver({ exchange: failing(111, 'connect', '@x') })
    await expect(nobody.exchange(request, forever)).rejects.toMatchObject({
      code: 'ERR_DAEMON_UNREACHABLE',
      details: { errno: 'ECONNREFUSED' },
    })
    const impostor = kernelOver({ exchange: failing(1, 'getsockopt', '@x') })
    await expect(impostor.exchange(request, forever)).rejects.toMatchObject({ code: 'ERR_PERMISSION' })
  })
})

describe('a record', () => {
  const change = { lockDirectory: '/run/lock/iscsi', path: '/etc/iscsi/nodes/x', text: 'a = b\n' }
  test('is written when the lock is had, however often it was asked for', async () => {
    let left = 3
    const waits: number[] = []
    const kernel = kernelOver({
      changeRecord: (_, __, data, timeoutMs) => {
        expect(data).toEqual(Buffer.from('a = b\n'))
        waits.push(timeoutMs)
        return Promise.resolve(--left === 0)
      },
    })
    expect(await kernel.changeRecord(change, forever)).toBe('done')
    expect(waits.length).toBe(3)
    expect(Math.max(...waits), 'nothing is written long after the caller has gone').toBeLessThanOrEqual(250)
  })
  test('waits for the one before it here, and not at the lock; who gives up leaves the queue', async () => {
    const asked: (string | undefined)[] = []
    let answer: (done: boolean) => void = () => undefined
    const kernel = kernelOver({
      changeRecord: (_, path) => {
        asked.push(path)
        return new Promise((resolve) => (answer = resolve))
      },
    })
    const first = kernel.changeRecord({ ...change, path: '/etc/iscsi/nodes/1' }, forever)
    while (asked.length < 1) await new Promise((resolve) => setImmediate(resolve))
    const impatient = new AbortController()
    const second = kernel.changeRecord({ ...change, path: '/etc/iscsi/nodes/2' }, impatient.signal)
    const third = kernel.changeRecord({ ...change, path: '/etc/iscsi/nodes/3' }, forever)
    impatient.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    expect(asked).toEqual(['/etc/iscsi/nodes/1'])
    answer(true)
    expect(await first).toBe('done')
    while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve))
    answer(true)
    expect(await third).toBe('done')
    expect(asked).toEqual(['/etc/iscsi/nodes/1', '/etc/iscsi/nodes/3'])
  })
  test('removed has no data', async () => {
    const kernel = kernelOver({ changeRecord: (_, __, data) => Promise.resolve(data === undefined) })
    expect(await kernel.changeRecord({ ...change, text: undefined }, forever)).toBe('done')
  })
})

describe('device-mapper', () => {
  const map = {
    name: 'mpatha',
    uuid: 'mpath-36',
    device: '254:3',
    openCount: 1,
    suspended: false,
    readOnly: false,
    targets: [{ start: 0, length: 2048, type: 'multipath', parameters: '2 0 0 0 1 1' }],
    dependencies: [],
  }
  test('is asked by uuid, in the words of the addon; no such device is undefined', async () => {
    const seen: unknown[][] = []
    const kernel = kernelOver({
      deviceMapper: (...call) => Promise.resolve(seen.push(call) < 4 ? map : undefined),
    })
    expect(await kernel.deviceMapper({ uuid: 'mpath-36', command: 'status' }, forever)).toEqual(map)
    expect(await kernel.deviceMapper({ uuid: 'mpath-36', command: 'table' }, forever)).toEqual(map)
    expect(await kernel.deviceMapper({ uuid: 'mpath-36', command: 'deps' }, forever)).toEqual(map)
    expect(await kernel.deviceMapper({ uuid: 'mpath-36', command: { message: 'fail_if_no_path' } }, forever)).toBeUndefined()
    expect(seen).toEqual([
      ['/dev/mapper/control', 'status', 'mpath-36', ''],
      ['/dev/mapper/control', 'table', 'mpath-36', ''],
      ['/dev/mapper/control', 'deps', 'mpath-36', ''],
      ['/dev/mapper/control', 'message', 'mpath-36', 'fail_if_no_path'],
    ])
  })
  test('removes in a helper, below another root by its real control node', async () => {
    const root = await temporaryDirectory()
    const seen: unknown[] = []
    const kernel = kernelOver(
      {
        deviceMapper: (control) => Promise.resolve(seen.push(control) > 0 ? undefined : map),
      },
      { root, helpers: { removeMap: (control, uuid) => Promise.resolve(seen.push(control, uuid) > 0 ? 'busy' : 'gone') } },
    )
    expect(await kernel.removeMap('mpath-36', forever)).toBe('busy')
    await kernel.deviceMapper({ uuid: 'mpath-36', command: 'status' }, forever)
    expect(seen).toEqual([join(root, 'dev/mapper/control'), 'mpath-36', join(root, 'dev/mapper/control')])
  })
  test('makes in a helper, likewise', async () => {
    const root = await temporaryDirectory()
    const seen: unknown[] = []
    const kernel = kernelOver({}, { root, helpers: { createMap: (...call) => Promise.resolve(seen.push(call) > 0 ? 'created' : 'busy') } })
    const map = { name: '36', uuid: 'mpath-36', sectors: 8, readOnly: false, parameters: '0 0 1 1 service-time 0 1 1 8:0 1' }
    expect(await kernel.createMap(map, forever)).toBe('created')
    expect(seen).toEqual([[join(root, 'dev/mapper/control'), map, forever]])
  })
  test('is made read-only in a helper, as this very disk', async () => {
    const root = await temporaryDirectory()
    const seen: unknown[] = []
    const setReadOnly = (...call: unknown[]) => Promise.resolve(seen.push(call) > 0 ? ('changed' as const) : ('gone' as const))
    const change = { device: '/dev/sda', readOnly: true, diskseq: '7' }
    expect(await kernelOver({}, { root, helpers: { setReadOnly } }).setReadOnly(change, forever)).toBe('changed')
    expect(seen).toEqual([[join(root, 'dev/sda'), change, forever]])
  })
  test('that is not there, or not for us, says so', async () => {
    const control = '/dev/mapper/control'
    const request = { uuid: 'mpath-36', command: 'status' } as const
    await expect(kernelOver({ deviceMapper: failing(2, 'openat', control) }).deviceMapper(request, forever)).rejects.toMatchObject({
      code: 'ERR_KERNEL',
      details: { errno: 'ENOENT', syscall: 'openat', path: control },
    })
    await expect(
      kernelOver({ deviceMapper: failing(13, 'ioctl(DM_TABLE_STATUS)', control) }).deviceMapper(request, forever),
    ).rejects.toMatchObject({ code: 'ERR_PERMISSION', details: { errno: 'EACCES', syscall: 'ioctl(DM_TABLE_STATUS)' } })
  })
})

test('below another root, native code gets real paths and the network namespace of the host', async () => {
  const root = await temporaryDirectory()
  await mkdir(join(root, 'dev/mapper'), { recursive: true })
  await mkdir(join(root, 'run/lock'), { recursive: true })
  await symlink('../dm-3', join(root, 'dev/mapper/mpatha'))
  await symlink('/run/lock', join(root, 'varlock'))
  const seen: unknown[] = []
  const kernel = kernelOver(
    {
      tcpConnect: (_address, _port, _ms, netns) => Promise.resolve(seen.push(netns) * 0),
      exchange: (_socket, _bytes, _reply, _ms, netns) => Promise.resolve(Uint8Array.of(seen.push(netns))),
      openers: (proc) => Promise.resolve({ openers: [], unseen: seen.push(proc) * 0 }),
      changeRecord: (lockDirectory, path) => Promise.resolve(seen.push(lockDirectory, path) > 0),
    },
    { root, netns: '/host/proc/1/ns/net', helpers: { flush: (device) => Promise.resolve(void seen.push(device)), pids: () => [] } },
  )
  await kernel.connect('192.0.2.1', 3260, forever)
  await kernel.exchange({ socket: 'x', bytes: new Uint8Array(), reply: 'eof' }, forever)
  await kernel.openers([], forever)
  await kernel.changeRecord({ lockDirectory: '/varlock/iscsi', path: '/etc/iscsi/x', text: '' }, forever)
  await kernel.flush('/dev/mapper/mpatha', forever)
  expect(seen).toEqual([
    '/host/proc/1/ns/net',
    '/host/proc/1/ns/net',
    `${root}/proc`,
    `${root}/run/lock/iscsi`,
    `${root}/etc/iscsi/x`,
    `${root}/dev/dm-3`,
  ])
})
