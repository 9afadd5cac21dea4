import { format, inspect } from 'node:util'
import { expect, test } from 'vitest'

import { BrickworkError } from '../../../lib/core/errors.js'
import { Secret } from '../../../lib/core/secret.js'

const secret = new Secret('open sesame')
const auth = { username: 'ali', secret }

test('a secret is given out by reveal alone', () => {
  expect(secret.reveal()).toBe('open sesame')
  expect(Object.keys(secret)).toEqual([])
  expect(structuredClone(secret)).toEqual({})
})

test.each<[string, string]>([
  ['a template', `secret: ${String(secret)}`],
  ['a sum', 'a '.concat(secret as unknown as string)],
  ['JSON', JSON.stringify(secret)],
  ['JSON of what it is in', JSON.stringify({ deep: [{ auth }] }, undefined, 1)],
  ['util.inspect', inspect(secret)],
  ['util.inspect of what it is in', inspect({ deep: { deeper: [{ auth }] } }, { depth: 9 })],
  ['util.inspect that shows everything', inspect({ auth }, { depth: 9, showHidden: true, getters: true, customInspect: true })],
  ['%s', format('%s', secret)],
  ['%o', format('%o', secret)],
  ['%O', format('%O', { auth })],
  ['%j', format('%j', { auth })],
  ['an error', inspect(new BrickworkError('ERR_CONFLICT', String(secret), { details: { asked: auth }, cause: { auth } }))],
])('a secret in %s reads [secret]', (_, text) => {
  expect(text).toContain('[secret]')
  expect(text).not.toContain('sesame')
})

test('util.inspect without custom inspection still shows no value', () => {
  expect(inspect({ auth }, { depth: 9, showHidden: true, customInspect: false })).not.toContain('sesame')
})
