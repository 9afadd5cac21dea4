import { describe, expect, test } from 'vitest'

import { UNANNOUNCED_MS, whenSeen, whenTrue } from '../../../lib/linux/wait.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { forever, withDisk } from './machine.js'

/** Returns `undefined` this many times, then `'seen'`. */
function after(looks: number): { look: () => Promise<'seen' | undefined>; readonly looked: number } {
  const state = { looked: 0, look: () => Promise.resolve(state.looked++ < looks ? undefined : ('seen' as const)) }
  return state
}

describe('waiting for what events announce', () => {
  test('looks before it waits for any event', async () => {
    const host = new FakeHost()
    using watch = await host.events.watch(['sda'])
    const state = after(0)
    expect(await whenSeen(watch, forever, state.look)).toBe('seen')
    expect(state.looked).toBe(1)
  })
  test('looks again after an event, and at no other time', async () => {
    const { host } = await withDisk()
    using watch = await host.events.watch(['sda'])
    const state = after(1)
    const waiting = whenSeen(watch, forever, state.look)
    await host.clock.advance(10_000)
    expect(state.looked).toBe(1)
    host.users.stack('/dev/sda', 'dm-0')
    host.uevents.kernel('change', '/sys/devices/platform/host0/session1/target0:0:0/0:0:0:1/block/sda', 'block')
    expect(await waiting).toBe('seen')
    expect(state.looked).toBe(2)
  })
  test('ends with the reason of the signal, before and while it waits', async () => {
    const host = new FakeHost()
    using watch = await host.events.watch(['sda'])
    const state = after(Infinity)
    await expect(whenSeen(watch, AbortSignal.abort('before'), state.look)).rejects.toBe('before')
    expect(state.looked).toBe(0)
    const controller = new AbortController()
    const waiting = whenSeen(watch, controller.signal, state.look)
    await host.clock.advance(1)
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
  })
})

describe('waiting for what nothing announces', () => {
  test('looks at once, then every 50 ms', async () => {
    const host = new FakeHost()
    const state = after(3)
    expect(await whenTrue(host, forever, state.look)).toBe('seen')
    expect([state.looked, host.clock.now()]).toEqual([4, 3 * UNANNOUNCED_MS])
    expect(UNANNOUNCED_MS).toBe(50)
  })
  test('ends with the reason of the signal, and leaves no timer', async () => {
    const host = new FakeHost()
    host.clock.auto = false
    const controller = new AbortController()
    const waiting = whenTrue(host, controller.signal, after(Infinity).look)
    await host.clock.advance(120)
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(whenTrue(host, AbortSignal.abort('before'), after(0).look)).rejects.toBe('before')
    expect(host.clock.sleeping).toBe(0)
  })
})
