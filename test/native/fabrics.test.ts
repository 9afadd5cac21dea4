import { execFileSync, spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { constants } from 'node:os'
import {
  closeSync,
  constants as files,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

import { HelperPool } from '../../lib/host/helper-pool.js'
import { HelperProcess } from '../../lib/host/helper-process.js'
import { createHelpers, type Helpers } from '../../lib/host/helpers.js'
import { silentLog } from '../../lib/core/silent-log.js'
import { addon, folder, helper, until } from './addon.js'

const { ECONNREFUSED, EPIPE, ETIMEDOUT } = constants.errno
const { signal } = new AbortController()
const OPTIONS = 'transport=tcp,dhchap_secret=DHHC-1:00:c2VjcmV0:'

/** The real helper program, on files that stand for those of the driver. */
function setUp(): { readonly helpers: Helpers; readonly pool: HelperPool; readonly pids: () => number[] } {
  const pool = new HelperPool(() => new HelperProcess([helper]))
  onTestFinished(() => {
    for (const pid of pool.pids()) process.kill(pid, 'SIGKILL')
  })
  return { pool, helpers: createHelpers(pool, silentLog, () => Promise.resolve(undefined)), pids: () => pool.pids() }
}
function controllerIn(place: string, name: string) {
  const directory = join(place, name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'delete_controller'), '')
  writeFileSync(join(directory, 'state'), 'live\n')
  return {
    deletions: () => readFileSync(join(directory, 'delete_controller'), 'utf8'),
    vanish: () => rmSync(join(directory, 'state')),
  }
}
/** What is read after the write of `options` is the driver's answer. */
function driver(answer: string, options = OPTIONS) {
  const place = folder()
  const node = join(place, 'nvme-fabrics')
  writeFileSync(node, 'x'.repeat(options.length) + answer)
  return { node, controllers: place, netns: undefined, made: controllerIn(place, 'nvme3') }
}

test('a controller that is kept stays', async () => {
  const { helpers } = setUp()
  const places = driver('instance=3,cntlid=1\n')
  const outcome = await helpers.connectFabrics(places, OPTIONS, signal)
  if (outcome.outcome !== 'connected') throw new Error(outcome.errno)
  expect(outcome.instance).toBe(3)
  expect(readFileSync(places.node, 'utf8')).toBe(`${OPTIONS}instance=3,cntlid=1\n`)
  await outcome.controller.keep()
  await outcome.controller.discard()
  expect(places.made.deletions()).toBe('')
})

test('a controller that is discarded is deleted, and its helper serves again', async () => {
  const { helpers, pool, pids } = setUp()
  const places = driver('instance=3,cntlid=1\n')
  const outcome = await helpers.connectFabrics(places, OPTIONS, signal)
  if (outcome.outcome !== 'connected') throw new Error(outcome.errno)
  const ended = outcome.controller.discard()
  await until(() => places.made.deletions() === '1', 'it is deleted')
  places.made.vanish()
  await ended
  expect(pool.stats()).toMatchObject({ busy: 0, holding: 0 })
  const before = pids()
  expect(await helpers.fabricsOptions(places.node, signal)).toMatch(/^transport=tcp/)
  expect(pids()).toEqual(before)
})

test('a refusal of the kernel is an answer', async () => {
  const { helpers } = setUp()
  const full = { node: '/dev/full', controllers: folder(), netns: undefined }
  expect(await helpers.connectFabrics(full, OPTIONS, signal)).toEqual({ outcome: 'failed', errno: 'ENOSPC' })
  const absent = { ...full, node: '/dev/brickwork-none' }
  await expect(helpers.connectFabrics(absent, OPTIONS, signal)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'ENOENT' } })
})

/** A driver that answers a connect only when `answer` is called: the helper waits in its write until then. */
function slowDriver() {
  const place = folder()
  const node = join(place, 'nvme-fabrics')
  execFileSync('mkfifo', [node])
  const fd = openSync(node, files.O_RDWR | files.O_NONBLOCK)
  onTestFinished(() => closeSync(fd))
  let full = 0
  const block = Buffer.alloc(4096, 'x')
  try {
    for (;;) full += writeSync(fd, block)
  } catch {
    // It takes no more.
  }
  return {
    // The options themselves are read as the answer.
    options: 'instance=3,cntlid=1',
    places: { node, controllers: place, netns: undefined },
    made: controllerIn(place, 'nvme3'),
    answer: () => {
      for (let left = full; left > 0; ) left -= readSync(fd, Buffer.alloc(left), 0, left, null)
    },
  }
}
const isWaiting = (pid: number) => readFileSync(`/proc/${pid}/wchan`, 'utf8').includes('pipe') || /pipe_write/.test(stackOf(pid))
function stackOf(pid: number): string {
  return existsSync(`/proc/${pid}/stack`) ? readFileSync(`/proc/${pid}/stack`, 'utf8') : ''
}

test('a connect that its caller gave up is undone when the kernel answers; other calls do not wait for it', async () => {
  const { helpers, pool } = setUp()
  const slow = slowDriver()
  const caller = new AbortController()
  const connecting = helpers.connectFabrics(slow.places, slow.options, caller.signal)
  await until(() => pool.stats().busy === 1, 'it has begun')
  caller.abort(new Error('enough'))
  await expect(connecting).rejects.toThrow('enough')
  await expect(helpers.flush('/dev/brickwork-none', signal)).rejects.toMatchObject({ details: { errno: 'ENOENT' } })
  expect(slow.made.deletions()).toBe('')
  slow.answer()
  await until(() => slow.made.deletions() === '1', 'its controller is deleted')
  slow.made.vanish()
  await until(() => pool.stats().busy === 0, 'its helper is free')
})

test('a connect does not keep the process alive: its end leaves the rest to the helper', async () => {
  const { helpers, pool } = setUp()
  const slow = slowDriver()
  const awaited = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
  const before = awaited()
  const connecting = helpers.connectFabrics(slow.places, slow.options, signal)
  await until(() => pool.stats().busy === 1, 'it has begun')
  expect(awaited()).toBe(before)
  slow.answer()
  const outcome = await connecting
  if (outcome.outcome !== 'connected') throw new Error(outcome.errno)
  await outcome.controller.keep()
})

test('the process is killed while the kernel connects: the helper lives on, deletes the controller and ends', async () => {
  const slow = slowDriver()
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const child = require('node:child_process').spawn(${JSON.stringify(helper)}, [], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] })
       child.stdin.write(Buffer.from(${JSON.stringify(connectFrame(slow.places, slow.options).toString('hex'))}, 'hex'))
       console.log(child.pid)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text: Buffer) => resolve(Number(text))))
  onTestFinished(() => {
    if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
  })
  await until(() => isWaiting(pid), 'the helper waits in the kernel')
  const ended = new Promise((resolve) => parent.once('exit', resolve))
  parent.kill('SIGKILL')
  await ended
  slow.answer()
  await until(() => slow.made.deletions() === '1', 'its controller is deleted')
  slow.made.vanish()
  await until(() => !existsSync(`/proc/${pid}`), 'the helper has ended')
})

function connectFrame({ node, controllers }: { readonly node: string; readonly controllers: string }, options: string): Buffer {
  const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
  const fields = [node, options, controllers, ''].flatMap((each) => [u32(Buffer.byteLength(each)), Buffer.from(each)])
  const rest = Buffer.concat([u32(1), Buffer.of(9), ...fields])
  return Buffer.concat([u32(rest.length), rest])
}

test('admin commands are sent to NVMe controllers only, and only those that read', async () => {
  const { helpers } = setUp()
  const identify = { device: '/dev/null', opcode: 0x06, nsid: 1, cdw10: 3, length: 4096 }
  await expect(helpers.nvmeAdmin('/dev/null', identify, signal)).rejects.toMatchObject({ details: { errno: 'ENOTTY' } })
  const format = { ...identify, opcode: 0x80 }
  await expect(helpers.nvmeAdmin('/dev/null', format, signal)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
})

async function portal(meet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined)
    meet(socket)
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
const HELLO = Buffer.alloc(128, 'h')

test('greet: the answer, and the connection is closed then', async () => {
  const closed: boolean[] = []
  const got: Buffer[] = []
  const port = await portal((socket) => {
    socket.on('data', (bytes) => {
      got.push(bytes)
      if (Buffer.concat(got).length < HELLO.length) return
      // In two pieces.
      socket.write(Buffer.alloc(100, 'a'))
      setTimeout(() => socket.write(Buffer.alloc(28, 'b')), 20)
    })
    socket.on('close', () => closed.push(true))
  })
  const { errno, bytes } = await addon.greet('127.0.0.1', port, HELLO, 128, 5000, undefined)
  expect(errno).toBe(0)
  expect(Buffer.from(bytes).toString()).toBe('a'.repeat(100) + 'b'.repeat(28))
  expect(Buffer.concat(got)).toEqual(HELLO)
  await until(() => closed.length === 1, 'it is closed')
})

test('greet: nobody listens, a portal that closes, and one that says nothing', async () => {
  const greet = (port: number) => addon.greet('127.0.0.1', port, HELLO, 128, 300, undefined)
  expect(await greet(1)).toMatchObject({ errno: ECONNREFUSED })
  const closing = await portal((socket) => void socket.once('data', () => void socket.end('no')))
  expect(await greet(closing)).toMatchObject({ errno: EPIPE, bytes: Buffer.alloc(0) })
  const started = performance.now()
  expect(await greet(await portal((socket) => void socket.resume()))).toMatchObject({ errno: ETIMEDOUT })
  expect(performance.now() - started).toBeGreaterThan(299)
})

test('greet: 100 portals that say nothing keep one thread, and none of them keeps a portal that answers', async () => {
  const mute = await portal((socket) => void socket.resume())
  const open = await portal((socket) => void socket.once('data', () => void socket.write(HELLO)))
  const calls = Array.from({ length: 100 }, () => addon.greet('127.0.0.1', mute, HELLO, 128, 60_000, undefined))
  await until(() => addon.stats().lanes.socket.busy === 100, 'all are greeted')
  expect(await addon.greet('127.0.0.1', open, HELLO, 128, 5000, undefined)).toMatchObject({ errno: 0 })
  for (const call of calls) addon.abandon(call)
  expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true)
  await until(() => addon.stats().lanes.socket.busy === 0, 'their sockets are closed')
})
