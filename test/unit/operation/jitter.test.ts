import { expect, test } from 'vitest'

import { jittered } from '../../../lib/operation/jitter.js'

const of = (boot: string, id = 'v') => ({ claim: { entry: { boot, owner: 'agent', id } } })
const pauses = (boot: string, id?: string) => Array.from({ length: 20 }, (_, time) => jittered(of(boot, id), 2000, 'path', time))

test('hosts and attachments wait for different times, within a quarter of what was meant', () => {
  const all = [...pauses('host a'), ...pauses('host b'), ...pauses('host a', 'w')]
  expect(new Set(all).size).toBe(all.length)
  expect(Math.min(...all)).toBeGreaterThanOrEqual(1500)
  expect(Math.max(...all)).toBeLessThanOrEqual(2500)
  expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(700)
})

test('the same try of the same boot waits for as long each time', () => {
  expect(pauses('host a')).toEqual(pauses('host a'))
})
