/** The addon in one process more than once: again in the same thread, from another file, in many threads, and with its helpers. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

import { binary, Fifo, folder, node, until } from './addon.js'

/** `second` is the addon again, registered a second time in this thread, from the same file or from a copy. */
const again = (file: string) => `const path = ${JSON.stringify(file)}; delete require.cache[path]; const second = require(path);`
const both = `
  const directory = process.argv[1]
  const plan = { attributes: ['stat'], links: [], children: [] }
  const heard = [0, 0]
  const main = async () => {
    const handles = await Promise.all([addon, second].map((each, i) => each.listen(3, undefined, (batch) => (heard[i] += batch.length))))
    const trees = await Promise.all([addon, second, addon, second].map((each) => each.readTree('/proc/self', plan)))
    const fd = addon.lockOpen(directory + '/lock')
    const other = second.lockOpen(directory + '/lock')
    let refused = 'taken'
    try { second.lockTry(fd) } catch (error) { refused = error.name }
    const locked = [addon.lockTry(fd), second.lockTry(other)]
    const apart = addon !== second && addon.stats !== second.stats
    addon.unlisten(handles[0])
    const still = (await second.readTree('/proc/self', plan)).length > 0
    second.unlisten(handles[1])
    console.log(JSON.stringify([apart, trees.every((tree) => tree[0] === 1), refused, locked, still]))
  }
  main().then(() => process.exit(0), (error) => { console.log(String(error)); process.exit(1) })`

test.each(['the same file', 'a copy'])('twice in one thread, from %s: each has calls, listeners and locks of its own', async (from) => {
  const directory = folder()
  const copy = join(directory, 'copy.node')
  copyFileSync(binary, copy)
  const ended = await node(again(from === 'a copy' ? copy : binary) + both, directory).ended
  expect(ended).toMatchObject({ status: 0, out: `${JSON.stringify([true, true, 'TypeError', [true, false], true])}\n` })
})

test('the process exits at once with calls of both under way', async () => {
  const fifo = new Fifo()
  const stuck = `
    const plan = { attributes: ['in'], links: [], children: [] }
    for (let i = 0; i < 20; i++) for (const each of [addon, second]) {
      each.readTree(process.argv[1], plan)
      each.guardedWrite('k' + i, process.argv[1], [], 'out', Buffer.from('x'))
      each.listen(3, undefined, () => {})
    }`
  for (const way of ['process.exit(0)', 'setTimeout(() => process.exit(0), 20)']) {
    const ended = await node(again(binary) + stuck + way, fifo.directory).ended
    expect({ way, ...ended }).toMatchObject({ way, status: 0, signal: null })
    expect(ended.ms).toBeLessThan(3000)
  }
})

test('in 12 threads at once, some of which end themselves with calls under way', async () => {
  const fifo = new Fifo()
  const code = `
    const { parentPort, workerData } = require('worker_threads')
    const addon = require(${JSON.stringify(binary)})
    for (let i = 0; i < 7; i++) {
      addon.readTree(workerData.directory, { attributes: ['in'], links: [], children: [] })
      addon.listen(3, undefined, () => {})
    }
    const after = () => workerData.exits ? process.exit(7) : parentPort.postMessage('ready')
    addon.readTree('/proc/self', { attributes: ['stat'], links: [], children: [] }).then(after)
    setInterval(() => {}, 1000)`
  const workers = Array.from({ length: 12 }, (_, i) => {
    const exits = i % 2 === 0
    const worker = new Worker(code, { eval: true, workerData: { directory: fifo.directory, exits } })
    const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
    const ready = new Promise<void>((resolve) => worker.once('message', () => resolve()))
    return { worker, exits, exited, ready }
  })
  // A stuck read of one thread occupies no place of another thread.
  await Promise.all(workers.map(({ exits, exited, ready }) => (exits ? exited : ready)))
  expect(await Promise.all(workers.filter(({ exits }) => exits).map(({ exited }) => exited))).toEqual(Array(6).fill(7))
  for (const { worker, exits } of workers) if (!exits) expect(await worker.terminate()).toBe(1)
}, 60_000)

test('helpers end with the thread that started them, also when it is terminated while one holds a device', async () => {
  const file = join(folder(), 'device')
  writeFileSync(file, '')
  const library = new URL('../../dist/lib/index.js', import.meta.url).href
  const code = `
    const { parentPort, workerData } = require('worker_threads')
    import(${JSON.stringify(library)}).then(async ({ createHost }) => {
      const { kernel } = createHost()
      globalThis.hold = await kernel.hold(workerData, new AbortController().signal)
      setInterval(() => {}, 1000)
      parentPort.postMessage(typeof hold)
    })`
  const worker = new Worker(code, { eval: true, workerData: file })
  expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('object')
  expect(helpersOfThis()).toHaveLength(1)
  await worker.terminate()
  await until(() => helpersOfThis().length === 0, 'its helper has ended')
})
function helpersOfThis(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && new RegExp(`\\(brickwork-helpe\\w*\\) [^Z] ${process.pid} `).test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
      )
    } catch {
      return false // it ended between the two reads
    }
  })
}
