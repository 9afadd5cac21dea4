import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'

import { realClock } from '../../../lib/host/clock.js'

test('a sleep ends by its time', async () => {
  const { signal } = new AbortController()
  const begin = realClock.now()
  await realClock.sleep(20, signal)
  expect(realClock.now() - begin).toBeGreaterThan(18)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a sleep of no time lets everybody else have a turn, and ends by its signal too', async () => {
  const { signal } = new AbortController()
  const turns: string[] = []
  setImmediate(() => turns.push('other'))
  await realClock.sleep(0, signal)
  expect(turns).toEqual(['other'])
  expect(getEventListeners(signal, 'abort')).toEqual([])
  const controller = new AbortController()
  const short = realClock.sleep(0, controller.signal)
  controller.abort('enough')
  await expect(short).rejects.toBe('enough')
})

test('a sleep ends by its signal, with the reason, and keeps no timer', async () => {
  const controller = new AbortController()
  const long = realClock.sleep(2 ** 40, controller.signal)
  controller.abort('enough')
  await expect(long).rejects.toBe('enough')
  await expect(realClock.sleep(1, controller.signal)).rejects.toBe('enough')
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(20)
})

test('a time beyond the longest timer is not now', async () => {
  const controller = new AbortController()
  let done = false
  const long = realClock.sleep(2 ** 33, controller.signal).then(
    () => (done = true),
    () => undefined,
  )
  await realClock.sleep(20, new AbortController().signal)
  expect(done).toBe(false)
  controller.abort()
  await long
})

test('wall time is the time of people', () => {
  expect(Math.abs(realClock.wallMs() - Date.now())).toBeLessThan(1000)
})
