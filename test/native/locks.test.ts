import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

import { addon, Fifo, folder, node, until } from './addon.js'

const holder = 'const fd = addon.lockOpen(process.argv[1]); console.log(addon.lockTry(fd));'

function opened(path: string): number {
  const fd = addon.lockOpen(path)
  onTestFinished(() => {
    try {
      addon.lockClose(fd)
    } catch {
      // the test has closed it
    }
  })
  return fd
}

test('one holder at a time, within a process and between processes', async () => {
  const path = join(folder(), 'lock')
  const fd = opened(path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(addon.lockTry(fd)).toBe(true)
  expect(addon.lockTry(opened(path))).toBe(false)
  const other = node(`${holder} process.exit()`, path)
  expect(await other.line()).toBe('false')
  addon.lockClose(fd)
  expect(() => addon.lockTry(fd)).toThrow(TypeError)
  expect(await node(`${holder} process.exit()`, path).line()).toBe('true')
})

test('kill -9 of the holder frees the lock within a second, with calls stuck in the kernel', async () => {
  const path = join(folder(), 'lock')
  const fifo = new Fifo()
  const stuck = `for (let i = 0; i < 40; i++) {
    addon.readTree(process.argv[2], { ...nothing, attributes: ['in'] })
    addon.guardedWrite('key' + i, process.argv[2], [], 'out', Buffer.from('x'))
  }
  addon.listen(3, undefined, () => {}).then(() => setTimeout(() => console.log(addon.stats().busy), 100))`
  const other = node(`${holder} ${stuck}`, path, fifo.directory)
  expect(await other.line()).toBe('true')
  expect(Number(await other.line())).toBe(8 + 40) // the limits of reads and writes
  const fd = opened(path)
  expect(addon.lockTry(fd)).toBe(false)
  const killed = performance.now()
  other.kill()
  await until(() => addon.lockTry(fd), 'the lock is free')
  expect(performance.now() - killed).toBeLessThan(1000)
})
