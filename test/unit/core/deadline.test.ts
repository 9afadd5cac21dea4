import { addAbortListener, getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'

import { Deadline, reserveOf, Window } from '../../../lib/core/deadline.js'
import { FakeClock } from '../../../lib/testing/index.js'

/** A clock that stands still until the test advances it. */
function standingClock(): FakeClock {
  const clock = new FakeClock()
  clock.auto = false
  return clock
}
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

describe('the reserve of a time-out', () => {
  test.each([
    ['a minute', 60_000, 5000],
    ['a day', 86_400_000, 5000],
    ['ten seconds', 10_000, 2000],
    ['where a fifth is more than the least', 2501, 500.2],
    ['where a fifth is the least', 2500, 500],
    ['where a fifth would be too little', 1500, 500],
    ['where the least is half', 1000, 500],
    ['shorter than twice the least', 600, 300],
    ['a millisecond', 1, 0.5],
  ])('of %s (%d ms) is %d ms: a fifth, at least 0.5 s, at most 5 s, never more than half', (_, timeoutMs, reserveMs) => {
    expect(reserveOf(timeoutMs)).toBeCloseTo(reserveMs)
  })
})

describe('a deadline', () => {
  test('gives an undoing that begins late no more than is left', async () => {
    const clock = standingClock()
    using deadline = new Deadline(clock, 10_000)
    await clock.advance(9500) // work that did not stop when it was cancelled
    const undoing = deadline.rollbackSignal()
    await clock.advance(499)
    expect(undoing.aborted).toBe(false)
    await clock.advance(1)
    expect(undoing.reason).toMatchObject({ code: 'ERR_TIMEOUT', details: { budgetMs: 500 } })
  })
  test('lets work go on until the reserve begins, and ends it with ERR_TIMEOUT', async () => {
    const clock = standingClock()
    using deadline = new Deadline(clock, 10_000)
    expect([deadline.timeoutMs, deadline.remainingMs]).toEqual([10_000, 8000])
    await clock.advance(7999)
    expect(deadline.signal.aborted).toBe(false)
    expect(deadline.remainingMs).toBe(1)
    await clock.advance(1)
    expect(deadline.signal.reason).toMatchObject({ code: 'ERR_TIMEOUT', details: { timeoutMs: 10_000 }, retryable: true })
    expect(deadline.remainingMs).toBe(0)
  })

  test('ends work at once when the caller aborts: ERR_ABORTED, with the reason of the caller as its cause', async () => {
    const clock = standingClock()
    const caller = new AbortController()
    using deadline = new Deadline(clock, 10_000, caller.signal)
    await clock.advance(1000)
    const reason = new TypeError('the pod is gone')
    caller.abort(reason)
    expect(deadline.signal.reason).toMatchObject({ code: 'ERR_ABORTED', cause: reason })
    expect(deadline.remainingMs).toBe(0)
  })

  test('of a caller that has aborted before begins aborted, and listens to nobody', () => {
    const caller = AbortSignal.abort('too late')
    using deadline = new Deadline(standingClock(), 10_000, caller)
    expect(deadline.signal.reason).toMatchObject({ code: 'ERR_ABORTED', cause: 'too late' })
    expect(listeners(caller)).toBe(0)
  })

  test('keeps the first reason to stop', async () => {
    const clock = standingClock()
    const [late, early] = [new AbortController(), new AbortController()]
    using timedOut = new Deadline(clock, 1000, late.signal)
    using aborted = new Deadline(clock, 1000, early.signal)
    early.abort()
    await clock.advance(500)
    late.abort()
    expect(timedOut.signal.reason).toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(aborted.signal.reason).toMatchObject({ code: 'ERR_ABORTED' })
  })

  test('gives undoing its whole reserve, counted from the abort of the caller, whom it does not hear any more', async () => {
    const clock = standingClock()
    const caller = new AbortController()
    using deadline = new Deadline(clock, 10_000, caller.signal)
    await clock.advance(1000)
    caller.abort()
    const undo = deadline.rollbackSignal()
    expect(undo.aborted).toBe(false)
    await clock.advance(1999)
    expect(undo.aborted).toBe(false)
    await clock.advance(1)
    expect(undo.reason).toMatchObject({ code: 'ERR_TIMEOUT', details: { budgetMs: 2000 } })
  })

  test.each([
    ['that begins when work has timed out ends at the deadline', 8000, 2000],
    ['that begins late ends at the deadline all the same', 9500, 500],
    ['for which nothing is left ends at once', 12_000, 0],
  ])('an undo %s', async (_, beginMs, leftMs) => {
    const clock = standingClock()
    using deadline = new Deadline(clock, 10_000)
    await clock.advance(beginMs)
    const undo = deadline.rollbackSignal()
    await clock.advance(Math.max(0, leftMs - 1))
    expect(undo.aborted).toBe(leftMs === 0)
    await clock.advance(1)
    expect(undo.reason).toMatchObject({ code: 'ERR_TIMEOUT', details: { budgetMs: leftMs } })
  })

  test.each([
    [60_000, 10_000, 30_000],
    [20_000, 5000, 15_000],
    [60_000, 50_000, 10_000],
  ])(
    'of %i ms, an undo of what has failed by itself after %i ms has what is left of it, and half a minute at most',
    async (timeoutMs, failedMs, leftMs) => {
      const clock = standingClock()
      using deadline = new Deadline(clock, timeoutMs)
      await clock.advance(failedMs)
      const undo = deadline.rollbackSignal()
      await clock.advance(leftMs - 1)
      expect(undo.aborted).toBe(false)
      await clock.advance(1)
      expect(undo.reason).toMatchObject({ code: 'ERR_TIMEOUT', details: { budgetMs: leftMs } })
    },
  )

  test('leaves no timer and no listener when it is disposed', async () => {
    const clock = standingClock()
    const caller = new AbortController()
    const deadline = new Deadline(clock, 10_000, caller.signal)
    deadline.rollbackSignal()
    expect([clock.sleeping, listeners(caller.signal)]).toEqual([2, 1])
    deadline[Symbol.dispose]()
    await clock.advance(0)
    expect([clock.sleeping, listeners(caller.signal)]).toEqual([0, 0])
    caller.abort()
    await clock.advance(20_000)
    expect(deadline.signal.aborted).toBe(false)
  })

  test('leaves nothing on a signal that lives as long as the agent, and a hundred of them at once warn of no leak', () => {
    const clock = standingClock()
    const agent = new AbortController()
    for (let use = 0; use < 2000; use++) new Deadline(clock, 1000, agent.signal)[Symbol.dispose]()
    expect(listeners(agent.signal)).toBe(0)
    const together = Array.from({ length: 100 }, () => new Deadline(clock, 1000, agent.signal))
    const [first, ...others] = together
    first?.[Symbol.dispose]()
    agent.abort('shutdown')
    for (const { signal } of others) expect(signal.reason).toMatchObject({ code: 'ERR_ABORTED', cause: 'shutdown' })
    expect(first?.signal.aborted).toBe(false)
    for (const deadline of together) deadline[Symbol.dispose]()
    expect([clock.sleeping, listeners(agent.signal)]).toEqual([0, 0])
  })
})

test('any number of waits may follow the signals of one call without a warning of a leak', async () => {
  const warned: string[] = []
  const note = (warning: Error) => warned.push(warning.name)
  process.on('warning', note)
  const clock = standingClock()
  using deadline = new Deadline(clock, 10_000)
  using window = new Window(clock, 1000, deadline.signal, 'a path')
  for (const signal of [deadline.signal, deadline.rollbackSignal(), window.signal]) {
    for (let wait = 0; wait < 100; wait++) addAbortListener(signal, () => undefined)
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  expect(warned).toEqual([])
})

describe('a window', () => {
  test('ends after its time, and says what was awaited', async () => {
    const clock = standingClock()
    const outer = new AbortController()
    using window = new Window(clock, 300, outer.signal, 'session 3')
    await clock.advance(299)
    expect(window.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(window.signal.reason).toMatchObject({ code: 'ERR_TIMEOUT', details: { awaited: 'session 3', ms: 300 } })
    expect((window.signal.reason as Error).message).toContain('session 3')
    expect(outer.signal.aborted).toBe(false)
  })

  test('ends with what it is part of, for the same reason', () => {
    const outer = new AbortController()
    using window = new Window(standingClock(), 300, outer.signal, 'session 3')
    outer.abort('enough')
    expect(window.signal.reason).toBe('enough')
  })

  test('leaves no timer and no listener, after 2,000 uses of one signal', () => {
    const clock = standingClock()
    const outer = new AbortController()
    for (let use = 0; use < 2000; use++) new Window(clock, 300, outer.signal, 'a path')[Symbol.dispose]()
    expect([clock.sleeping, listeners(outer.signal)]).toEqual([0, 0])
  })
})
