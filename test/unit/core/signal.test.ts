import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { LinkedSignal, onAbort, until } from '../../../lib/core/signal.js'

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length
const never = () => new Promise<never>(() => undefined)

describe('a linked signal', () => {
  test('follows whichever parent aborts first, and keeps its reason', () => {
    const [one, two] = [new AbortController(), new AbortController()]
    using linked = new LinkedSignal(one.signal, undefined, two.signal)
    expect(linked.signal.aborted).toBe(false)
    two.abort('two')
    one.abort('one')
    expect(linked.signal.reason).toBe('two')
  })

  test('begins aborted when a parent was, and lets go of the others', () => {
    const alive = new AbortController()
    const linked = new LinkedSignal(alive.signal, AbortSignal.abort('before'))
    expect(linked.signal.reason).toBe('before')
    const never = new LinkedSignal(AbortSignal.abort('before'), alive.signal)
    expect(never.signal.reason).toBe('before')
    expect(listeners(alive.signal)).toBe(1)
    linked[Symbol.dispose]()
    expect(listeners(alive.signal)).toBe(0)
  })

  test('can be aborted by itself, which no parent hears', () => {
    const parent = new AbortController()
    using linked = new LinkedSignal(parent.signal)
    linked.abort('mine')
    expect(linked.signal.reason).toBe('mine')
    expect(parent.signal.aborted).toBe(false)
  })

  test('follows nobody after it was disposed', () => {
    const parent = new AbortController()
    const linked = new LinkedSignal(parent.signal)
    linked[Symbol.dispose]()
    parent.abort()
    expect(linked.signal.aborted).toBe(false)
  })

  test('leaves no listener on a long-lived signal after 10,000 uses', () => {
    const parent = new AbortController()
    for (let use = 0; use < 10_000; use++) new LinkedSignal(parent.signal)[Symbol.dispose]()
    expect(listeners(parent.signal)).toBe(0)
  })
})

describe('acting on the abort of a signal that is not ours', () => {
  test('costs that signal one listener, however many follow it, and none when they have gone', () => {
    const caller = new AbortController()
    const links = Array.from({ length: 100 }, () => onAbort(caller.signal, () => undefined))
    expect(listeners(caller.signal)).toBe(1)
    const last = links.pop()
    for (const link of links) link[Symbol.dispose]()
    expect(listeners(caller.signal)).toBe(1)
    last?.[Symbol.dispose]()
    expect(listeners(caller.signal)).toBe(0)
  })

  test('happens once for everybody who follows still, in order', () => {
    const caller = new AbortController()
    const acted: string[] = []
    const note = (name: string) => onAbort(caller.signal, () => acted.push(name))
    const links = [note('a'), note('gone'), note('b')]
    links[1]?.[Symbol.dispose]()
    caller.abort()
    expect(acted).toEqual(['a', 'b'])
    for (const link of links) link[Symbol.dispose]()
    expect(listeners(caller.signal)).toBe(0)
  })

  test('happens for those who come after everybody had left', () => {
    const caller = new AbortController()
    onAbort(caller.signal, () => undefined)[Symbol.dispose]()
    const acted: string[] = []
    onAbort(caller.signal, () => acted.push('late'))
    caller.abort()
    expect(acted).toEqual(['late'])
  })

  test('happens once and at once when it has aborted already', async () => {
    const acted: string[] = []
    const signal = AbortSignal.abort()
    onAbort(signal, () => acted.push('now'))
    onAbort(signal, () => acted.push('now'))[Symbol.dispose]()
    expect(acted).toEqual(['now', 'now'])
    await Promise.resolve()
    expect(acted).toEqual(['now', 'now'])
    expect(listeners(signal)).toBe(0)
  })

  test('does not keep the same act of two followers together', () => {
    const caller = new AbortController()
    let acted = 0
    const act = () => void (acted += 1)
    onAbort(caller.signal, act)[Symbol.dispose]()
    const links = [onAbort(caller.signal, act), onAbort(caller.signal, act)]
    links[0]?.[Symbol.dispose]()
    links[0]?.[Symbol.dispose]()
    caller.abort()
    expect(acted).toBe(1)
  })

  test('leaves no listener on a long-lived signal after 10,000 uses', () => {
    const { signal } = new AbortController()
    for (let use = 0; use < 10_000; use++) onAbort(signal, () => undefined)[Symbol.dispose]()
    expect(listeners(signal)).toBe(0)
  })
})

describe('waiting for work under a signal', () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  beforeEach(() => {
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled.splice(0)).toEqual([])
  })

  test('answers what the work answers, and fails as it fails', async () => {
    const { signal } = new AbortController()
    await expect(until(Promise.resolve(7), signal)).resolves.toBe(7)
    await expect(until(Promise.reject(new TypeError('broken')), signal)).rejects.toThrow('broken')
    expect(listeners(signal)).toBe(0)
  })

  test('ends at once when the signal aborts, with its reason, though the work goes on', async () => {
    const controller = new AbortController()
    const waiting = until(never(), controller.signal)
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
  })

  test('does not begin under a signal that has aborted', async () => {
    const signal = AbortSignal.abort('before')
    await expect(until(Promise.resolve(7), signal)).rejects.toBe('before')
    expect(listeners(signal)).toBe(0)
  })

  test('of work that fails after nobody waits for it any more does not end the process', async () => {
    const controller = new AbortController()
    let fail: (error: Error) => void = () => undefined
    const work = new Promise<never>((_, reject) => (fail = reject))
    const waiting = until(work, controller.signal)
    const tooLate = until(work, AbortSignal.abort('before'))
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(tooLate).rejects.toBe('before')
    fail(new TypeError('nobody is interested'))
  })

  test('of work that had failed before it was begun under an aborted signal does not end the process', async () => {
    await expect(until(Promise.reject(new TypeError('nobody is interested')), AbortSignal.abort('before'))).rejects.toBe('before')
  })

  test('leaves no listener on a long-lived signal after 10,000 uses', async () => {
    const { signal } = new AbortController()
    for (let use = 0; use < 10_000; use++) await until(Promise.resolve(), signal)
    expect(listeners(signal)).toBe(0)
  })
})
