import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'

import { LinkedSignal } from '../../../lib/core/signal.js'
import { Semaphore } from '../../../lib/core/semaphore.js'

const { signal } = new LinkedSignal()
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('no more than its size are inside at once', async () => {
  const semaphore = new Semaphore(3)
  let inside = 0
  let most = 0
  const work = async () => {
    const place = await semaphore.take(signal)
    inside += 1
    most = Math.max(most, inside)
    await turn()
    inside -= 1
    place[Symbol.dispose]()
  }
  await Promise.all(Array.from({ length: 20 }, work))
  expect(most).toBe(3)
  expect(inside).toBe(0)
})

test('waiters are served in order of arrival', async () => {
  const semaphore = new Semaphore(1)
  const served: number[] = []
  const first = await semaphore.take(signal)
  const waiting = Array.from({ length: 10 }, async (_, index) => {
    const place = await semaphore.take(signal)
    served.push(index)
    await turn()
    place[Symbol.dispose]()
  })
  first[Symbol.dispose]()
  await Promise.all(waiting)
  expect(served).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('nobody is overtaken by somebody who comes in the moment a place becomes free', async () => {
  const semaphore = new Semaphore(1)
  const served: string[] = []
  const take = async (name: string) => {
    const place = await semaphore.take(signal)
    served.push(name)
    place[Symbol.dispose]()
  }
  const first = await semaphore.take(signal)
  const waiting = take('waiting')
  first[Symbol.dispose]()
  await Promise.all([waiting, take('late')])
  expect(served).toEqual(['waiting', 'late'])
})

test('who aborts while waiting leaves at once with the reason, and nobody behind is hindered', async () => {
  const semaphore = new Semaphore(1)
  const impatient = new AbortController()
  const first = await semaphore.take(signal)
  const gone = semaphore.take(impatient.signal)
  const behind = semaphore.take(signal)
  impatient.abort('enough')
  await expect(gone).rejects.toBe('enough')
  first[Symbol.dispose]()
  ;(await behind)[Symbol.dispose]()
  expect(getEventListeners(impatient.signal, 'abort')).toEqual([])
})

test('who aborts in the moment the turn comes passes it on', async () => {
  const semaphore = new Semaphore(1)
  const impatient = new AbortController()
  const first = await semaphore.take(signal)
  const gone = semaphore.take(impatient.signal)
  const behind = semaphore.take(signal)
  first[Symbol.dispose]()
  impatient.abort('enough')
  await expect(gone).rejects.toBe('enough')
  await expect(behind).resolves.toBeDefined()
})

test('a place that nobody behind wanted is there for the next', async () => {
  const semaphore = new Semaphore(1)
  const impatient = new AbortController()
  const first = await semaphore.take(signal)
  const gone = semaphore.take(impatient.signal)
  first[Symbol.dispose]()
  impatient.abort('enough')
  await expect(gone).rejects.toBe('enough')
  await expect(semaphore.take(signal)).resolves.toBeDefined()
})

test('a place that is given back twice is one place', async () => {
  const semaphore = new Semaphore(1)
  const place = await semaphore.take(signal)
  place[Symbol.dispose]()
  place[Symbol.dispose]()
  await semaphore.take(signal)
  let second = false
  void semaphore.take(signal).then(() => (second = true))
  await turn()
  expect(second).toBe(false)
})

test('a signal that has aborted takes no place', async () => {
  const semaphore = new Semaphore(1)
  await expect(semaphore.take(AbortSignal.abort('before'))).rejects.toBe('before')
  await expect(semaphore.take(signal)).resolves.toBeDefined()
})
