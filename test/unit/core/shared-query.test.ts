import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MergedQuery, SharedQuery } from '../../../lib/core/shared-query.js'
import { FakeHost } from '../../../lib/testing/index.js'

/** A world that changes, and slow queries of it: `ms` for each, one after another. */
function staged(...ms: number[]) {
  const host = new FakeHost()
  const never = new AbortController().signal
  const state = { value: 0, looks: 0 }
  const look = async () => {
    const took = ms[state.looks++] ?? 10
    const { value } = state
    await host.clock.sleep(took, never)
    if (value < 0) throw new Error('it cannot be seen')
    return value
  }
  /** A query begins with the next turn. */
  const turn = () => host.clock.sleep(0, never)
  return { host, state, turn, shared: new SharedQuery(host.clock, look) }
}

describe('a shared look', () => {
  test('who asks alone gets a look of his own', async () => {
    const { shared, state } = staged()
    expect(await shared.ask()).toBe(0)
    state.value = 1
    expect(await shared.ask()).toBe(1)
    expect(state.looks).toBe(2)
  })
  test('who asks while one is under way does not get its answer: he may know of something that it has not seen', async () => {
    const { shared, state, turn } = staged()
    const first = shared.ask()
    await turn()
    state.value = 1
    const others = [shared.ask(), shared.ask(), shared.ask()]
    expect(await first).toBe(0)
    expect(await Promise.all(others)).toEqual([1, 1, 1])
    expect(state.looks).toBe(2)
  })
  test('who asks in the same turn shares the look', async () => {
    const { shared, state } = staged()
    const asked = [shared.ask(), shared.ask()]
    state.value = 1
    expect(await Promise.all(asked)).toEqual([1, 1])
    expect(state.looks).toBe(1)
  })
  test('one that fails fails for those who share it, and for nobody else', async () => {
    const { shared, state, turn } = staged()
    state.value = -1
    const first = expect(shared.ask()).rejects.toThrow('it cannot be seen')
    await turn()
    state.value = 2
    const second = shared.ask()
    await first
    expect(await second).toBe(2)
  })
  test('one that hangs is not waited for by those who come later', async () => {
    const { host, shared, state, turn } = staged(1_000_000)
    void shared.ask()
    await turn()
    state.value = 3
    const later = shared.ask()
    await host.clock.advance(1100)
    expect(await later).toBe(3)
    expect(await shared.ask()).toBe(3)
    expect(host.clock.sleeping).toBe(1) // the query that hangs
  })
  test('nobody ever sees less than what was there when he asked', async () => {
    const asks = fc.array(fc.record({ afterMs: fc.nat(40), changes: fc.boolean() }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(asks, fc.array(fc.nat(2500), { maxLength: 8 }), async (steps, ms) => {
        const { host, shared, state } = staged(...ms)
        const seen: Promise<boolean>[] = []
        for (const { afterMs, changes } of steps) {
          await host.clock.advance(afterMs)
          if (changes) state.value += 1
          const least = state.value
          seen.push(shared.ask().then((value) => value >= least))
        }
        await host.clock.advance(30_000)
        expect((await Promise.all(seen)).every(Boolean)).toBe(true)
      }),
    )
  })
})

describe('a merged look', () => {
  test('looks for what all want who wait for it, and for nothing else', async () => {
    const host = new FakeHost()
    const wanted: (readonly string[])[] = []
    const look = new MergedQuery<string, number>(host.clock, async (names) => {
      wanted.push(names)
      await host.clock.sleep(10, new AbortController().signal)
      return wanted.length
    })
    const first = [look.ask(['a']), look.ask(['z'])]
    await host.clock.sleep(0, new AbortController().signal)
    const answers = [...first, look.ask(['b']), look.ask(['c', 'b']), look.ask([])]
    expect(await Promise.all(answers)).toEqual([1, 1, 2, 2, 2])
    expect(wanted).toEqual([
      ['a', 'z'],
      ['b', 'c'],
    ])
    expect(await look.ask(['d'])).toBe(3)
    expect(wanted.at(-1)).toEqual(['d'])
  })
})
