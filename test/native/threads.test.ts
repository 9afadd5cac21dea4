import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { addon, Fifo, folder, nothing, until } from './addon.js'

const LANES = { read: 8, write: 12, wait: 16 }
const TOTAL = LANES.read + LANES.write + LANES.wait

async function idle(): Promise<void> {
  await until(() => addon.stats().busy === 0 && addon.stats().queued === 0, 'nothing runs')
}

test('writes with one key wait for one another, writes with another key do not', async () => {
  await idle()
  const fifo = new Fifo()
  const quick = folder()
  const stuck = [fifo.write('host4'), fifo.write('host4'), fifo.write('host4')]
  await until(() => addon.stats().busy === 1, 'the first write waits')
  expect(addon.stats()).toMatchObject({ busy: 1, queued: 2 })
  expect(await addon.guardedWrite('host5', quick, [], 'none', Buffer.from('x'))).toEqual({ outcome: 'gone' })
  expect(addon.stats()).toMatchObject({ busy: 1, queued: 2 })
  fifo.release()
  expect(await Promise.all(stuck)).toEqual(Array.from({ length: 3 }, () => ({ outcome: 'written' })))
  fifo.close()
})

test('64 slow writes take their own threads only: reads go on, and libuv is not used', async () => {
  await idle()
  const fifo = new Fifo()
  const stuck = Array.from({ length: 64 }, (_, i) => fifo.write(`host${i}`))
  await until(() => addon.stats().busy === LANES.write, 'as many as may')
  expect(addon.stats().queued).toBe(64 - LANES.write)
  for (let i = 0; i < 50; i++) await addon.readTree('/proc/self', { ...nothing, attributes: ['stat'] })
  expect(addon.stats().threads).toBeLessThanOrEqual(TOTAL)
  expect(addon.stats()).toMatchObject({ busy: LANES.write, queued: 64 - LANES.write })
  fifo.release()
  await Promise.all(stuck)
  expect(addon.stats()).toMatchObject({ busy: 0, queued: 0 })
  fifo.close()
})

test('a thread that waits in the kernel has no descriptor of the process', async () => {
  await idle()
  const fifo = new Fifo()
  const lock = join(folder(), 'lock')
  const fd = addon.lockOpen(lock)
  const stuck = Array.from({ length: 8 }, (_, i) => fifo.write(`host${i}`))
  await until(() => addon.stats().busy === 8, 'all wait')
  const tasks = readdirSync('/proc/self/task')
  const without = tasks.filter((task) => !descriptorsOf(task).includes(lock))
  expect(tasks.length - without.length).toBeGreaterThan(0)
  expect(without.length).toBe(addon.stats().threads)
  for (const task of without) expect(descriptorsOf(task).length).toBeLessThanOrEqual(5) // 0, 1, 2, its directory
  addon.lockClose(fd)
  fifo.release()
  await Promise.all(stuck)
  fifo.close()
})

function descriptorsOf(task: string): string[] {
  const directory = `/proc/self/task/${task}/fd`
  return readdirSync(directory).flatMap((fd) => {
    try {
      return [readlinkSync(join(directory, fd))]
    } catch {
      return [] // closed meanwhile
    }
  })
}

test('no descriptor is left over by any call', async () => {
  await idle()
  const before = readdirSync('/proc/self/fd').length
  const directory = folder()
  for (let i = 0; i < 20; i++) {
    await addon.readTree('/sys/class/mem', { ...nothing, children: [{ pattern: '*', follow: true, node: nothing }] })
    await addon.guardedWrite('k', directory, [], 'none', Buffer.from('x'))
    await addon.tcpConnect('127.0.0.1', 1, 100, undefined)
    await addon.tcpConnect('127.0.0.1', 1, 100, '/proc/self/ns/net')
    await addon.changeRecord(join(directory, 'locks'), join(directory, 'nodes/iqn.x/p,1'), Buffer.from('x'), 100)
    await expect(addon.exchange('none', Buffer.from('x'), 'eof', 100, undefined)).rejects.toThrow()
    addon.unlisten(await addon.listen(3, undefined, () => undefined))
    addon.lockClose(addon.lockOpen(join(directory, 'lock')))
  }
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})
