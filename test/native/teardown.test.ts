import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

import { addon, binary, child, Fifo, folder, node, nothing, until } from './addon.js'

/** Calls of every kind, in progress. `directory` is that of a {@link Fifo}. */
const everything = `
  for (let i = 0; i < 20; i++) {
    addon.readTree(directory, { attributes: ['in'], links: [], children: [] })
    addon.guardedWrite('key' + i, directory, [], 'out', Buffer.from('x'))
    addon.tcpConnect('127.0.0.1', 1, 1000, undefined)
    addon.readTree('/sys/class/mem', { attributes: [], links: [], children: [{ pattern: '*', follow: true, node: { attributes: ['uevent'], links: [], children: [] } }] })
    addon.listen(3, undefined, () => {})
    addon.changeRecord(directory + '/locks', directory + '/nodes/iqn.x/' + i + ',1', Buffer.from('x'), 1000)
    addon.exchange('brickwork-nobody', Buffer.from('x'), 'eof', 1000, undefined).catch(() => {})
    addon.sgCommand('/dev/brickwork-none', Buffer.alloc(6), 0, 1000).catch(() => {})
    addon.deviceMapper('/dev/null', 'status', 'mpath-36', '').catch(() => {})
    if (i < 2) addon.openers('/proc', ['8:16'])
  }`

function worker(code: string, directory: string): Worker {
  const prelude = `const { parentPort, workerData: directory } = require('worker_threads'); const addon = require(${JSON.stringify(binary)});`
  return new Worker(`${prelude}${code}`, { eval: true, workerData: directory })
}

test('worker threads end with calls under way, and the others go on', async () => {
  const fifo = new Fifo()
  const code = `addon.lockTry(addon.lockOpen(directory + '/lock' + require('worker_threads').threadId)); ${everything} parentPort.postMessage('ready')`
  for (let round = 0; round < 5; round++) {
    const workers = [worker(code, fifo.directory), worker(code, fifo.directory)]
    await Promise.all(workers.map((one) => new Promise((resolve) => one.once('message', resolve))))
    const [first, second] = workers
    const locks = workers.map((one) => join(fifo.directory, `lock${one.threadId}`))
    expect(await first?.terminate()).toBe(1)
    expect((await addon.readTree('/proc/self', nothing)).length).toBeGreaterThan(0)
    expect(await second?.terminate()).toBe(1)
    // Their locks were released with them.
    for (const lock of locks) {
      expect(existsSync(lock)).toBe(true)
      const fd = addon.lockOpen(lock)
      expect(addon.lockTry(fd)).toBe(true)
      addon.lockClose(fd)
    }
  }
  // When the kernel returns, the stuck calls find no receiver.
  fifo.release()
  fifo.close()
  expect((await addon.readTree('/proc/self', nothing)).length).toBeGreaterThan(0)
}, 60_000)

test('the addon may be loaded first, and last, by a worker thread', async () => {
  const fifo = new Fifo()
  const code = `
    const { Worker } = require('worker_threads')
    const run = (i) => {
      if (i === 10) return letGo()
      const worker = new Worker(process.env.CODE, { eval: true, workerData: process.env.DIRECTORY })
      worker.once('message', () => worker.terminate().then(() => run(i + 1)))
    }
    // The calls that were stuck come back to where their code was.
    const letGo = () => {
      const { openSync, constants } = require('fs')
      for (const name of ['in', 'out']) openSync(process.env.DIRECTORY + '/' + name, constants.O_RDWR | constants.O_NONBLOCK)
      setTimeout(() => console.log('done'), 200)
    }
    run(0)`
  const inner = `const { parentPort, workerData: directory } = require('worker_threads'); const addon = require(${JSON.stringify(binary)}); ${everything} parentPort.postMessage(1)`
  const outer = `process.env.CODE = ${JSON.stringify(inner)}; process.env.DIRECTORY = process.argv[1]; ${code}`
  const ended = await child([process.execPath, '-e', outer, '--', fifo.directory]).ended
  expect(ended).toMatchObject({ status: 0, signal: null, out: 'done\n' })
})

test('the process exits at once with calls under way, whichever way it ends', async () => {
  const fifo = new Fifo()
  const ways = [
    'process.exit(0)',
    'setImmediate(() => process.exit(0))',
    'setTimeout(() => process.exit(0), 20)',
    'process.kill(process.pid)',
    'setTimeout(() => { throw new Error() }, 20)',
  ]
  for (const way of ways) {
    for (let i = 0; i < 5; i++) {
      const ended = await node(`const directory = process.argv[1]; ${everything} ${way}`, fifo.directory).ended
      const killed = way.includes('kill')
      const status = killed ? null : way.includes('throw') ? 1 : 0
      expect({ way, ...ended }).toMatchObject({ way, status, signal: killed ? 'SIGTERM' : null })
      expect(ended.ms).toBeLessThan(3000)
    }
  }
}, 60_000)

test('a call under way keeps the process alive until its promise settles, and no longer', async () => {
  const ended = await node(`
    addon.listen(3, undefined, () => {})
    addon.tcpConnect('127.0.0.1', 1, 1000, undefined).then((errno) => addon.readTree('/none', nothing).then((tree) => console.log(errno, tree[0])))`)
    .ended
  expect(ended).toMatchObject({ status: 0, out: '111 0\n' })
  expect(ended.ms).toBeLessThan(3000)
})

test('signals reach the process while all threads of the addon are busy', async () => {
  const fifo = new Fifo()
  const other = node(
    `const directory = process.argv[1]; process.on('SIGUSR2', () => { console.log('got it'); process.exit() }); ${everything} setTimeout(() => console.log('ready'), 50)`,
    fifo.directory,
  )
  expect(await other.line()).toBe('ready')
  process.kill(other.pid, 'SIGUSR2')
  expect(await other.line()).toBe('got it')
  expect(await other.ended).toMatchObject({ status: 0 })
})

test('every promise settles: 5000 calls of every outcome', async () => {
  const directory = folder()
  const calls = Array.from({ length: 5000 }, (_, i) => {
    if (i % 5 === 0) return addon.readTree('/sys/class/mem/null', { ...nothing, attributes: ['dev'] })
    if (i % 5 === 1) return addon.readTree('/none', nothing)
    if (i % 5 === 2) return addon.guardedWrite(`k${i % 7}`, directory, [], 'none', Buffer.from('x'))
    if (i % 5 === 3) return addon.sgCommand('/dev/none', Buffer.alloc(6), 0, 100)
    return addon.tcpConnect('127.0.0.1', 1, 100, undefined)
  })
  const settled = await Promise.allSettled(calls)
  expect(settled.filter((one) => one.status === 'rejected').length).toBe(1000)
  await until(() => addon.stats().busy === 0, 'nothing runs')
})
