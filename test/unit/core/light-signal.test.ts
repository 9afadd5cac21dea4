import { addAbortListener, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'

import { LightSignal, NEVER } from '../../../lib/core/light-signal.js'
import { onAbort } from '../../../lib/core/signal.js'

test('it makes no signal of Node.js for those who follow it', () => {
  const made = vi.fn()
  vi.stubGlobal('AbortController', made)
  try {
    const signal = new LightSignal()
    const act = vi.fn()
    onAbort(signal, act)
    signal.abort('enough')
    expect(act).toHaveBeenCalledOnce()
    expect(made).not.toHaveBeenCalled()
  } finally {
    vi.unstubAllGlobals()
  }
})

test('it aborts once, and keeps the first reason', () => {
  const signal = new LightSignal()
  signal.throwIfAborted()
  signal.abort('one')
  signal.abort('two')
  expect([signal.aborted, signal.reason]).toEqual([true, 'one'])
  expect(() => signal.throwIfAborted()).toThrow('one')
})

test('those who follow are told in their order, those who let go are not', () => {
  const signal = new LightSignal()
  const told: string[] = []
  const links = ['a', 'gone', 'b'].map((name) => signal.follow(() => told.push(name)))
  links[1]?.[Symbol.dispose]()
  expect(signal.followers).toBe(2)
  signal.abort('now')
  expect(told).toEqual(['a', 'b'])
  expect(signal.followers).toBe(0)
})

test('Node.js takes it for a signal', async () => {
  const signal = new LightSignal()
  const heard = vi.fn()
  addAbortListener(signal, () => void heard())
  signal.addEventListener('abort', heard, { once: true })
  signal.onabort = () => void heard()
  const sleeping = sleep(60_000, undefined, { signal })
  const event = once(signal, 'abort')
  signal.abort(new Error('enough'))
  await expect(sleeping).rejects.toMatchObject({ name: 'AbortError', cause: signal.reason as Error })
  expect(await event).toMatchObject([{ type: 'abort' }])
  expect(heard).toHaveBeenCalledTimes(3)
})

test('a listener that was removed, or that came after the abort, hears nothing', () => {
  const signal = new LightSignal()
  const heard = vi.fn()
  signal.removeEventListener('abort', heard)
  signal.addEventListener('abort', heard)
  signal.removeEventListener('abort', heard)
  signal.abort('now')
  signal.addEventListener('abort', heard)
  expect(heard).not.toHaveBeenCalled()
})

test('nothing stays at the signal that never aborts', () => {
  onAbort(NEVER, () => undefined)
  expect(NEVER.followers).toBe(0)
})
