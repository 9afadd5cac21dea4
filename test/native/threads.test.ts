import { readdirSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { laneLimits } from '../../lib/core/lanes.js'
import { addon, Fifo, folder, nothing, until } from './addon.js'

/** The limit of concurrent writes. */
const WRITES = 128

async function idle(): Promise<void> {
  await until(() => addon.stats().busy === 0 && addon.stats().queued === 0, 'nothing runs')
}

test('the lanes have the numbers that the fake host knows', () => {
  const limits = Object.entries(addon.stats().lanes).map(([lane, { limit }]) => [lane, limit])
  expect(Object.fromEntries(limits)).toEqual(laneLimits)
})

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

test('as many slow writes as may run take their own threads only: reads go on, and libuv is not used', async () => {
  await idle()
  const fifo = new Fifo()
  const stuck = Array.from({ length: WRITES + 20 }, (_, i) => fifo.write(`host${i}`))
  await until(() => addon.stats().busy === WRITES, 'as many as may')
  expect(addon.stats().lanes.write).toMatchObject({ limit: WRITES, busy: WRITES, queued: 20, waited: 20 })
  for (let i = 0; i < 50; i++) await addon.readTree('/proc/self', { ...nothing, attributes: ['stat'] })
  expect(addon.stats().threads).toBeLessThanOrEqual(WRITES + 2)
  expect(addon.stats()).toMatchObject({ busy: WRITES, queued: 20 })
  fifo.release()
  await Promise.all(stuck)
  expect(addon.stats()).toMatchObject({ busy: 0, queued: 0 })
  fifo.close()
})

test('an abandoned write frees its place and keeps its key; one that has not begun never begins', async () => {
  await idle()
  const fifo = new Fifo()
  const first = fifo.write('host4')
  const second = fifo.write('host4')
  await until(() => addon.stats().busy === 1, 'the first waits')
  for (const call of [second, first]) {
    addon.abandon(call)
    await expect(call).rejects.toMatchObject({ errno: -constants.errno.ECANCELED, syscall: 'abandon' })
    addon.abandon(call)
  }
  expect(addon.stats().lanes.write).toMatchObject({ busy: 0, parked: 1, queued: 0 })
  const third = fifo.write('host4')
  expect(addon.stats().lanes.write).toMatchObject({ busy: 0, parked: 1, queued: 1 })
  fifo.release()
  expect(await third).toEqual({ outcome: 'written' })
  await until(() => addon.stats().lanes.write.parked === 0, 'the kernel let go')
  fifo.close()
})

test('abandoning what is no call of ours, or is settled, does nothing', async () => {
  const call = addon.tcpConnect('127.0.0.1', 1, 1000, undefined)
  await call
  addon.abandon(call)
  addon.abandon(Promise.resolve())
  expect(await call).toBe(constants.errno.ECONNREFUSED)
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
      return [] // closed in between
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
