import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'

import { addon, child, node, until } from './addon.js'

const { ECONNREFUSED, ENETUNREACH, ETIMEDOUT } = constants.errno

/** A TCP port that never answers: its queue of two is full. */
async function silentPort(): Promise<number> {
  const code = `
import socket, time
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
full = []
for _ in range(4):
    c = socket.socket(); c.setblocking(False); c.connect_ex(s.getsockname()); full.append(c)
time.sleep(0.1); print(s.getsockname()[1], flush=True); time.sleep(60)`
  return Number(await child(['python3', '-c', code]).line())
}

async function openPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('tcp: open, refused and silent ports', async () => {
  const port = await openPort()
  expect(await addon.tcpConnect('127.0.0.1', port, 1000, undefined)).toBe(0)
  expect(await addon.tcpConnect('127.0.0.1', 1, 1000, undefined)).toBe(ECONNREFUSED)
  const started = performance.now()
  expect(await addon.tcpConnect('127.0.0.1', await silentPort(), 300, undefined)).toBe(ETIMEDOUT)
  expect(performance.now() - started).toBeGreaterThan(299)
})

test('tcp: 200 silent portals keep one thread, and a portal that answers waits for none of them', async () => {
  const [silent, open] = [await silentPort(), await openPort()]
  const waited = addon.stats().lanes.socket.waited
  const calls = Array.from({ length: 200 }, () => addon.tcpConnect('127.0.0.1', silent, 60_000, undefined))
  await until(() => addon.stats().lanes.socket.busy === 200, 'all are tried')
  expect(await addon.tcpConnect('127.0.0.1', open, 1000, undefined)).toBe(0)
  expect(addon.stats().lanes.socket).toMatchObject({ busy: 200, queued: 0, waited })
  for (const call of calls) addon.abandon(call)
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  await until(() => addon.stats().lanes.socket.busy === 0, 'their sockets are closed')
})

test('exchange: 200 questions that were given up keep nothing from a daemon that answers', async () => {
  const mute = await daemon('time.sleep(60)')
  const { name } = await daemon(`c.sendall(b'yes')`)
  const calls = Array.from({ length: 200 }, () => addon.exchange(mute.name, Buffer.from('x'), 'eof', 60_000, undefined))
  const settled = Promise.allSettled(calls)
  for (const call of calls.slice(0, 100)) addon.abandon(call)
  expect(Buffer.from(await addon.exchange(name, Buffer.from('x'), 'eof', 2000, undefined)).toString()).toBe('yes')
  for (const call of calls) addon.abandon(call)
  await settled
  await until(() => addon.stats().lanes.socket.busy === 0, 'their sockets are closed')
})

test('an abandoned call lets the process end', async () => {
  const port = await silentPort()
  const running = node(`
    const call = addon.tcpConnect('127.0.0.1', ${port}, 60000, undefined)
    call.catch(({ syscall }) => console.log(syscall))
    setTimeout(() => addon.abandon(call), 50)`)
  expect(await running.ended).toMatchObject({ status: 0, out: 'abandon\n' })
})

test('tcp: in another network namespace, and in our own again afterwards', async () => {
  const other = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void other.kill('SIGKILL'))
  await new Promise((resolve) => other.stdout.once('data', resolve))
  const port = await openPort()
  const netns = `/proc/${other.pid ?? 0}/ns/net`
  // In that namespace the loopback interface is down.
  for (let i = 0; i < 5; i++) {
    expect(await addon.tcpConnect('127.0.0.1', port, 1000, netns)).toBe(ENETUNREACH)
    expect(await addon.tcpConnect('127.0.0.1', port, 1000, undefined)).toBe(0)
  }
  await expect(addon.tcpConnect('127.0.0.1', port, 1000, '/none')).rejects.toMatchObject({ syscall: 'openat', path: '/none' })
})

/** A daemon on an abstract socket: answers each connection with `reply` (Python, of `got`), and prints what it received. */
async function daemon(reply: string, { uid = 0, until = 'eof' }: { uid?: number; until?: 'eof' | 'frame' } = {}) {
  const name = `brickwork-test-${process.pid}-${Math.random()}`
  const code = `
import os, socket, struct, sys, time
os.setuid(${uid})
s = socket.socket(socket.AF_UNIX); s.bind('\\0${name}'); s.listen(5); print('ready', flush=True)
while True:
    c, _ = s.accept(); got = b''
    while True:
        more = c.recv(65536)
        if not more: break
        got += more
        if '${until}' == 'frame': break
    print(len(got), flush=True)
    try: ${reply}
    except BrokenPipeError: pass
    c.close()`
  const process_ = child(['python3', '-c', code])
  expect(await process_.line()).toBe('ready')
  return { name, line: process_.line }
}
const request = Buffer.alloc(16104, 7)

test('exchange: the whole request, then its end, then the answer until the daemon closes', async () => {
  const { name, line } = await daemon(`c.sendall(got[:3] + b'x' * 100000)`)
  const answer = await addon.exchange(name, request, 'eof', 2000, undefined)
  expect(await line()).toBe('16104')
  expect(answer.length).toBe(100003)
  expect([...answer.subarray(0, 4)]).toEqual([7, 7, 7, 120])
  // A longer name that begins with this one is another socket.
  await expect(addon.exchange(name.slice(0, -1), request, 'eof', 2000, undefined)).rejects.toMatchObject({ errno: -ECONNREFUSED })
})

test('exchange: not one byte to a daemon that is not root', async () => {
  const { name, line } = await daemon('pass', { uid: 65534 })
  await expect(addon.exchange(name, request, 'eof', 2000, undefined)).rejects.toMatchObject({
    errno: -1,
    syscall: 'peercred',
    path: `@${name}`,
  })
  expect(await line()).toBe('0')
})

test('exchange: a framed answer, in pieces', async () => {
  const pieces = `[(c.sendall(bytes([b])), time.sleep(0.01)) for b in struct.pack('=Q', 6) + b'hello\\0']`
  const { name } = await daemon(pieces, { until: 'frame' })
  expect(Buffer.from(await addon.exchange(name, Buffer.from('frame'), 'framed', 2000, undefined)).toString()).toBe('hello\0')
})

test('exchange: a frame larger than the limit, one that ends early, and a daemon that never answers', async () => {
  const large = await daemon(`c.sendall(struct.pack('=Q', 1 << 40))`, { until: 'frame' })
  await expect(addon.exchange(large.name, Buffer.from('x'), 'framed', 2000, undefined)).rejects.toMatchObject({
    errno: -constants.errno.EMSGSIZE,
  })
  const early = await daemon(`c.sendall(struct.pack('=Q', 10) + b'abc')`, { until: 'frame' })
  await expect(addon.exchange(early.name, Buffer.from('x'), 'framed', 2000, undefined)).rejects.toMatchObject({
    errno: -constants.errno.ECONNRESET,
  })
  const silent = await daemon('time.sleep(60)')
  const started = performance.now()
  await expect(addon.exchange(silent.name, Buffer.from('x'), 'eof', 300, undefined)).rejects.toMatchObject({ errno: -ETIMEDOUT })
  expect(performance.now() - started).toBeLessThan(1000)
})
