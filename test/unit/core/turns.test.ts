import { expect, test } from 'vitest'

import { LinkedSignal } from '../../../lib/core/signal.js'
import { Turns } from '../../../lib/core/turns.js'

const { signal } = new LinkedSignal()

test('each thing has its own places, and nobody waits for another thing', async () => {
  const turns = new Turns(1)
  const one = await turns.take('one', signal)
  expect([turns.isFree('one'), turns.isFree('other')]).toEqual([false, true])
  const other = await turns.take('other', signal)
  other[Symbol.dispose]()
  one[Symbol.dispose]()
  expect(turns.isFree('one')).toBe(true)
})

test('at one thing, first come is first served', async () => {
  const turns = new Turns(2)
  const served: number[] = []
  await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (index) => {
      const place = await turns.take('one', signal)
      served.push(index)
      await new Promise((resolve) => setImmediate(resolve))
      place[Symbol.dispose]()
    }),
  )
  expect(served).toEqual([0, 1, 2, 3, 4, 5])
})

test('a thing is forgotten with the last who wanted it, also when he gave up, and a place is given back once', async () => {
  const turns = new Turns(1)
  const place = await turns.take('one', signal)
  const impatient = new AbortController()
  const waiting = turns.take('one', impatient.signal)
  impatient.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(turns.names).toBe(1)
  place[Symbol.dispose]()
  place[Symbol.dispose]()
  expect(turns.names).toBe(0)
  const next = await turns.take('one', signal)
  expect(turns.isFree('one')).toBe(false)
  next[Symbol.dispose]()
})
