import { describe, expect, test } from 'vitest'

import { BoundedQueue } from '../../../lib/core/bounded-queue.js'
import { realClock } from '../../../lib/host/clock.js'

const queueOf = (most: number, onEnd?: () => Promise<void>) =>
  new BoundedQueue<number, number | string>({
    clock: realClock,
    most,
    take: (waiting, missed) => (missed > 0 ? `${missed} missed` : (waiting.shift() ?? Number.NaN)),
    ...(onEnd === undefined ? {} : { onEnd }),
  })
const soon = async (promise: Promise<unknown>) =>
  await Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))])
/** Whether the event loop has anything to wait for besides the test itself. */
const waits = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length

describe('a bounded queue', () => {
  test('drops the oldest beyond its size, and says how many before the next value', async () => {
    const queue = queueOf(2)
    queue.pushAll([1, 2, 3, 4])
    expect(queue.missed).toBe(2)
    expect([(await queue.next()).value, (await queue.next()).value]).toEqual(['2 missed', 3])
    queue.pushAll([5, 6])
    expect([(await queue.next()).value, (await queue.next()).value, (await queue.next()).value]).toEqual(['1 missed', 5, 6])
    expect(queue.missed).toBe(3)
    await queue.return()
  })
  test('gives what waits after its end, then fails once', async () => {
    const queue = queueOf(2)
    queue.push(1)
    queue.end({ error: new Error('broken') })
    queue.push(2)
    expect((await queue.next()).value).toBe(1)
    await expect(queue.next()).rejects.toThrow('broken')
    expect((await queue.next()).done).toBe(true)
  })
  test('asks its source only while a reader waits', async () => {
    const queue = queueOf(1)
    const wanted = queue.wanted()
    expect(await soon(wanted)).toBe(false)
    const read = queue.next()
    expect(await wanted).toBe(true)
    queue.push(1)
    expect((await read).value).toBe(1)
    const later = queue.wanted()
    queue.end()
    expect([await later, await queue.wanted()]).toEqual([false, false])
  })
  test('a reader that leaves waits until everything is cleaned up', async () => {
    let done = (): void => undefined
    const queue = queueOf(1, () => new Promise((resolve) => (done = resolve)))
    queue.push(1)
    const left = queue.return()
    expect(await soon(left)).toBe(false)
    done()
    expect([(await left).done, (await queue.next()).done]).toEqual([true, true])
  })
  test.each(['return', 'throw', 'end', 'asyncDispose', 'value'] as const)(
    'keeps the process alive until a reader is served: %s',
    async (how) => {
      const before = waits()
      const queue = queueOf(1)
      const [read, behind] = [queue.next(), queue.next()]
      expect(waits()).toBe(before + 1)
      if (how === 'return') await queue.return()
      else if (how === 'throw') await expect(queue.throw(new Error('in the loop'))).rejects.toThrow('in the loop')
      else if (how === 'end') queue.end()
      else if (how === 'asyncDispose') await queue[Symbol.asyncDispose]()
      else {
        queue.push(1)
        expect(waits()).toBe(before + 1)
        queue.push(2)
      }
      await Promise.all([read, behind])
      expect(waits()).toBe(before)
    },
  )
})
