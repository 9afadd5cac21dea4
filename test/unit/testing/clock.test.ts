import { expect, test } from 'vitest'

import { FakeClock, FakeHost } from '../../../lib/testing/index.js'
import { signal } from './stage.js'

test('time jumps to the next sleep, in no real time', async () => {
  const clock = new FakeClock()
  const from = performance.now()
  await Promise.all([clock.sleep(3_600_000, signal), clock.sleep(60_000, signal)])
  expect(clock.now()).toBe(3_600_000)
  expect(performance.now() - from).toBeLessThan(1000)
})

test('work between sleeps costs no virtual time', async () => {
  const clock = new FakeClock()
  void clock.sleep(10, signal)
  for (let step = 0; step < 100; step++) await Promise.resolve()
  expect(clock.now()).toBe(0)
})

test('without auto only advance moves the time, step by step', async () => {
  const clock = new FakeClock()
  clock.auto = false
  const ends: number[] = []
  void clock.sleep(30, signal).then(async () => {
    ends.push(clock.now())
    await clock.sleep(30, signal)
    ends.push(clock.now())
  })
  await clock.advance(29)
  expect([ends, clock.now(), clock.sleeping]).toEqual([[], 29, 1])
  await clock.advance(100)
  expect([ends, clock.now(), clock.sleeping]).toEqual([[30, 60], 129, 0])
})

test('time stands still while nobody waits', async () => {
  const host = new FakeHost()
  await host.commands.run(['true'], { signal, onAbort: 'leave' })
  const before = host.clock.now()
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(host.clock.now()).toBe(before)
})

test('an aborted sleep is no longer counted, and time does not go to its end', async () => {
  const clock = new FakeClock()
  const caller = new AbortController()
  const sleeping = clock.sleep(60_000, caller.signal)
  expect(clock.sleeping).toBe(1)
  caller.abort('enough')
  await expect(sleeping).rejects.toBe('enough')
  expect([clock.sleeping, clock.now()]).toEqual([0, 0])
})

test('the same seed gives the same delays, another seed others', async () => {
  const end = async (seed: number) => {
    const host = new FakeHost({ jitter: true, seed })
    for (let times = 0; times < 5; times++) await host.files.commit([{ path: '/tmp/a', text: 'x', mode: 0o600 }])
    return host.clock.now()
  }
  expect(await end(1)).toBe(await end(1))
  expect(await end(1)).not.toBe(await end(2))
})
