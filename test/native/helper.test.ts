import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'

import { helperOperations } from '../../lib/host/helper-operations.js'
import { folder, helper, until } from './addon.js'

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

class Helper {
  readonly child: ChildProcessWithoutNullStreams = spawn(helper, [])
  readonly ended = new Promise<number | null>((resolve) => this.child.once('exit', (code) => resolve(code)))
  #received = Buffer.alloc(0)
  #id = 0

  constructor() {
    this.child.stdout.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])))
    this.child.stdin.on('error', () => undefined)
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }
  frame(operation: number, fields: readonly (string | Buffer)[]): Buffer {
    const parts = fields.map((field) => Buffer.from(field)).flatMap((field) => [u32(field.length), field])
    const rest = Buffer.concat([u32(++this.#id), Buffer.of(operation), ...parts])
    return Buffer.concat([u32(rest.length), rest])
  }
  /** Status and fields of the answer. */
  async ask(operation: number, ...fields: (string | Buffer)[]): Promise<[number, ...Buffer[]]> {
    this.child.stdin.write(this.frame(operation, fields))
    return await this.answer()
  }
  async answer(): Promise<[number, ...Buffer[]]> {
    await until(() => this.#received.length >= 4 && this.#received.length >= 4 + this.#received.readUInt32LE(), 'an answer')
    const frame = this.#received.subarray(4, 4 + this.#received.readUInt32LE())
    this.#received = this.#received.subarray(4 + frame.length)
    expect(frame.readUInt32LE(0)).toBe(this.#id)
    const fields: Buffer[] = []
    for (let at = 5; at < frame.length; at += 4 + frame.readUInt32LE(at))
      fields.push(frame.subarray(at + 4, at + 4 + frame.readUInt32LE(at)))
    return [frame.readUInt8(4), ...fields]
  }
}
const failed = (errno: number, syscall: string, path: string) => [1, u32(errno), Buffer.from(syscall), Buffer.from(path)]
const { guardedWrite, hold, release, flush, readDirect, removeMap, createMap, setReadOnly } = helperOperations

test('a guarded write', async () => {
  const directory = folder()
  writeFileSync(join(directory, 'wwid'), 'naa.6\n')
  writeFileSync(join(directory, 'delete'), '')
  const process_ = new Helper()
  expect(await process_.ask(guardedWrite, directory, 'delete', '1', 'wwid', 'naa.7', Buffer.of(0))).toEqual([
    0,
    Buffer.of(2),
    Buffer.from('wwid'),
    Buffer.of(1),
    Buffer.from('naa.6'),
  ])
  expect(readFileSync(join(directory, 'delete'), 'utf8')).toBe('')
  expect(await process_.ask(guardedWrite, directory, 'delete', '1', 'wwid', 'naa.6', Buffer.of(0))).toEqual([0, Buffer.of(0)])
  expect(readFileSync(join(directory, 'delete'), 'utf8')).toBe('1')
  expect(await process_.ask(guardedWrite, join(directory, 'none'), 'delete', '1')).toEqual([0, Buffer.of(1)])
})

test('holds a file until it is released, and lets go when its input ends', async () => {
  const path = join(folder(), 'file')
  writeFileSync(path, '')
  const process_ = new Helper()
  const open = () => readlinks(process_.child.pid ?? 0).filter((link) => link === path).length
  expect(await process_.ask(hold, path)).toEqual([0, Buffer.of(0)])
  expect(open()).toBe(1)
  expect(await process_.ask(hold, '/dev/null')).toEqual(failed(114, 'hold', '/dev/null'))
  expect(await process_.ask(release)).toEqual([0])
  expect(open()).toBe(0)
  expect(await process_.ask(hold, '/dev/none')).toEqual([0, Buffer.of(2)])
  expect(await process_.ask(hold, '/dev/null')).toEqual([0, Buffer.of(0)])
  process_.child.stdin.end()
  expect(await process_.ended).toBe(0)
})

test.skipIf(!existsSync('/dev/loop0'))('a block device that another holds is busy, and held it is busy for others', async () => {
  const exclusive = () => openSync('/dev/loop0', constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK)
  const process_ = new Helper()
  const fd = exclusive()
  expect(await process_.ask(hold, '/dev/loop0')).toEqual([0, Buffer.of(1)])
  closeSync(fd)
  expect(await process_.ask(hold, '/dev/loop0')).toEqual([0, Buffer.of(0)])
  expect(exclusive).toThrow(/EBUSY/)
  process_.child.kill('SIGKILL')
  await process_.ended
  closeSync(exclusive())
})

/** A loop device for this test, if this machine provides one. */
function loopDevice(): string | undefined {
  const file = join(mkdtempSync(join(tmpdir(), 'brickwork-loop-')), 'disk')
  writeFileSync(file, Buffer.alloc(1024 * 1024, 'x'))
  const made = spawnSync('losetup', ['--find', '--show', file], { encoding: 'utf8' })
  const device = made.status === 0 ? made.stdout.trim() : undefined
  afterAll(() => {
    if (device !== undefined) spawnSync('losetup', ['--detach', device])
    rmSync(dirname(file), { recursive: true })
  })
  return device
}
const disk = loopDevice()

test.skipIf(disk === undefined)('flushes a block device, and reads it directly up to its end', async () => {
  const process_ = new Helper()
  const device = disk ?? ''
  expect(await process_.ask(flush, device)).toEqual([0])
  const [status, bytes] = await process_.ask(readDirect, device, u64(1024n * 1024n - 512n), u32(4096))
  expect([status, bytes?.toString()]).toEqual([0, 'x'.repeat(512)])
  expect(await process_.ask(readDirect, device, u64(1n), u32(512))).toEqual(failed(22, 'pread', device))
})

test.skipIf(disk === undefined)('makes a block device read-only, and writable again', async () => {
  const process_ = new Helper()
  const device = disk ?? ''
  const any = u64(0n)
  const readOnly = () => readFileSync(`/sys/block/${basename(device)}/ro`, 'utf8').trim()
  expect(await process_.ask(setReadOnly, device, Buffer.of(1), u64(1n << 60n))).toEqual([0, Buffer.of(2)])
  expect(readOnly()).toBe('0')
  expect(await process_.ask(setReadOnly, device, Buffer.of(1), any)).toEqual([0, Buffer.of(0)])
  expect(readOnly()).toBe('1')
  expect(await process_.ask(setReadOnly, device, Buffer.of(1), any)).toEqual([0, Buffer.of(1)])
  const fd = openSync(device, constants.O_RDWR)
  expect(() => writeSync(fd, Buffer.alloc(512))).toThrow('EPERM')
  closeSync(fd)
  expect(await process_.ask(setReadOnly, device, Buffer.of(0), any)).toEqual([0, Buffer.of(0)])
  expect(readOnly()).toBe('0')
})

test('makes block devices read-only, no files', async () => {
  const path = join(folder(), 'file')
  writeFileSync(path, '')
  const process_ = new Helper()
  expect(await process_.ask(setReadOnly, path, Buffer.of(1), u64(0n))).toEqual(failed(25, 'ioctl(BLKROGET)', path))
  expect(await process_.ask(setReadOnly, `${path}-none`, Buffer.of(1), u64(0n))).toEqual([0, Buffer.of(2)])
})

test('reads directly, and flushes block devices only', async () => {
  const path = join(folder(), 'file')
  writeFileSync(path, Buffer.concat([Buffer.alloc(4096, 'a'), Buffer.alloc(4096, 'b')]))
  const process_ = new Helper()
  expect(await process_.ask(readDirect, path, u64(4096n), u32(4096))).toEqual([0, Buffer.alloc(4096, 'b')])
  expect(await process_.ask(flush, path)).toEqual(failed(25, 'ioctl(BLKFLSBUF)', path))
})

test('removes maps by device-mapper only', async () => {
  const process_ = new Helper()
  expect(await process_.ask(removeMap, '/none/control', 'mpath-36')).toEqual(failed(2, 'openat', '/none/control'))
  expect(await process_.ask(removeMap, '/dev/null', 'mpath-36')).toEqual(failed(25, 'ioctl(DM_DEV_REMOVE)', '/dev/null'))
  expect(await process_.ask(removeMap, '/dev/null')).toEqual(failed(22, 'request', ''))
})

test('makes maps by device-mapper only', async () => {
  const process_ = new Helper()
  const map = ['36', 'mpath-36', u64(8n), Buffer.of(0), '0 0 1 1 service-time 0 1 1 8:0 1'] as const
  expect(await process_.ask(createMap, '/none/control', ...map)).toEqual(failed(2, 'openat', '/none/control'))
  expect(await process_.ask(createMap, '/dev/null', ...map)).toEqual(failed(25, 'ioctl(DM_DEV_CREATE)', '/dev/null'))
  expect(await process_.ask(createMap, '/dev/null', ...map.slice(0, 4))).toEqual(failed(22, 'request', ''))
  expect(await process_.ask(createMap, '/dev/null', '36', 'mpath-36', u32(8), Buffer.of(0), 'x')).toEqual(failed(22, 'request', ''))
})

test('ends when its input ends, in the middle of a frame too, and at what is no frame', async () => {
  const idle = new Helper()
  idle.child.stdin.end()
  expect(await idle.ended).toBe(0)
  const half = new Helper()
  half.child.stdin.end(half.frame(hold, ['/dev/null']).subarray(0, 7))
  expect(await half.ended).toBe(0)
  const wrong = new Helper()
  wrong.child.stdin.write(Buffer.alloc(16, 0xff))
  expect(await wrong.ended).toBe(2)
})

test('a malformed request is an answer, and the next one is served', async () => {
  const process_ = new Helper()
  expect(await process_.ask(hold)).toEqual(failed(22, 'request', ''))
  expect(await process_.ask(99)).toEqual(failed(38, 'request', ''))
  expect(await process_.ask(guardedWrite, '/sys', '/etc/passwd', '1')).toEqual(failed(22, 'request', ''))
  expect(await process_.ask(release)).toEqual([0])
})

test('signals of a group leave it alone; it keeps no directory, no descriptor and no error stream', async () => {
  const process_ = new Helper()
  await process_.ask(release)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process_.child.kill(signal)
  await sleep(50)
  expect(await process_.ask(release)).toEqual([0])
  const pid = process_.child.pid ?? 0
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
  expect(readlinkSync(`/proc/${pid}/fd/2`)).toBe('/dev/null')
  expect(readlinks(pid).filter((link) => link !== '/dev/null').length).toBe(2)
})

function readlinks(pid: number): string[] {
  return Array.from({ length: 32 }, (_, fd) => `/proc/${pid}/fd/${fd}`)
    .filter((path) => {
      try {
        readlinkSync(path)
        return true
      } catch {
        return false
      }
    })
    .map((path) => readlinkSync(path))
}
