import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'

import { EventHub } from '../../../lib/operation/event-hub.js'
import type { OperationEvent } from '../../../lib/api/events.js'
import { FakeClock } from '../../../lib/testing/index.js'

const event = (at: number): OperationEvent => ({ type: 'note', at, id: 'v', message: '', fields: {} })
const read = async (events: AsyncIterable<OperationEvent>) => {
  const seen: number[] = []
  for await (const { at } of events) seen.push(at)
  return seen
}

describe('events', () => {
  test('are those after the subscription, which begins before anybody reads', async () => {
    const hub = new EventHub(new FakeClock())
    hub.publish(event(1))
    const events = hub.subscribe()
    hub.publish(event(2))
    hub.publish(event(3))
    expect(await events.next()).toEqual({ done: false, value: event(2) })
    hub.publish(event(4))
    void hub.close()
    expect(await read(events)).toEqual([3, 4])
  })
  test('reach every subscriber, each at its own pace', async () => {
    const hub = new EventHub(new FakeClock())
    const [fast, slow] = [hub.subscribe(), hub.subscribe()]
    const first = fast.next()
    hub.publish(event(1))
    expect((await first).value).toEqual(event(1))
    hub.publish(event(2))
    void hub.close()
    expect([await read(fast), await read(slow)]).toEqual([[2], [1, 2]])
  })
  test('come in order to readers who wait, and one to each', async () => {
    const hub = new EventHub(new FakeClock())
    const events = hub.subscribe()
    const readers = [events.next(), events.next()]
    for (const at of [1, 2, 3]) hub.publish(event(at))
    void hub.close()
    expect((await Promise.all(readers)).map(({ value }) => (value as OperationEvent).at)).toEqual([1, 2])
    expect(await read(events)).toEqual([3])
  })
  test('that nobody reads cost the subscriber the oldest ones, not our memory, and it is told how many', async () => {
    const hub = new EventHub(new FakeClock())
    const events = hub.subscribe()
    for (let at = 0; at < 10_003; at++) hub.publish(event(at))
    expect(events.missed).toBe(3)
    expect((await events.next()).value).toEqual({ type: 'missed', at: 3, id: '', count: 3 })
    expect((await events.next()).value).toEqual(event(3))
    for (let at = 10_003; at < 10_010; at++) hub.publish(event(at))
    expect((await events.next()).value).toEqual({ type: 'missed', at: 10, id: '', count: 6 })
    void hub.close()
    const seen = await read(events)
    expect([seen.length, seen[0], seen.at(-1), events.missed]).toEqual([10_000, 10, 10_009, 9])
  })
})

describe('a subscription', () => {
  test('ends when the attacher closes, also for those who wait', async () => {
    const hub = new EventHub(new FakeClock())
    const events = hub.subscribe()
    const waiting = [events.next(), events.next()]
    void hub.close()
    for (const { done } of await Promise.all(waiting)) expect(done).toBe(true)
    hub.publish(event(1))
    expect(await read(events)).toEqual([])
  })
  test('of a closed attacher is over', async () => {
    const hub = new EventHub(new FakeClock())
    void hub.close()
    expect(await read(hub.subscribe())).toEqual([])
  })
  test('ends with its signal, for those who wait and after what had come', async () => {
    const hub = new EventHub(new FakeClock())
    const controller = new AbortController()
    const [waiting, behind] = [hub.subscribe(controller.signal), hub.subscribe(controller.signal)]
    const answer = waiting.next()
    const second = waiting.next()
    hub.publish(event(1))
    controller.abort()
    hub.publish(event(2))
    expect([(await answer).value, (await second).done]).toEqual([event(1), true])
    expect(await read(behind)).toEqual([1])
  })
  test('under a signal that has aborted is over', async () => {
    const hub = new EventHub(new FakeClock())
    const events = hub.subscribe(AbortSignal.abort())
    hub.publish(event(1))
    expect(await read(events)).toEqual([])
  })
  test('ends when its reader leaves the loop, and others go on', async () => {
    const hub = new EventHub(new FakeClock())
    const [left, stays] = [hub.subscribe(), hub.subscribe()]
    hub.publish(event(1))
    for await (const { at } of left) {
      expect(at).toBe(1)
      break
    }
    hub.publish(event(2))
    expect((await left.next()).done).toBe(true)
    void hub.close()
    expect(await read(stays)).toEqual([1, 2])
  })
  test('leaves no listener on a long-lived signal, however it ends', async () => {
    const hub = new EventHub(new FakeClock())
    const { signal } = new AbortController()
    for (let use = 0; use < 1000; use++) await hub.subscribe(signal).return()
    hub.subscribe(signal)
    hub.subscribe(signal)
    void hub.close()
    hub.subscribe(signal)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
