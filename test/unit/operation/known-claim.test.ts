import { expect, test } from 'vitest'

import { Claims } from '../../../lib/operation/claims.js'
import { formatEntry } from '../../../lib/operation/entry-text.js'
import { isContent, knownClaim } from '../../../lib/operation/known-claim.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { BOOT, entryOf } from './entries.js'

const attached = entryOf('v', { state: 'attached' })

test('the claim of an attached volume is known without a copy of its file', () => {
  const text = formatEntry(attached)
  const known = knownClaim(attached, text)
  expect(known.content).toBeUndefined()
  expect(isContent(known, Buffer.from(text))).toBe(true)
  expect(known.content).toBeUndefined()
  expect(isContent(known, Buffer.from(text.replace('attached', 'attachex')))).toBe(false)
  expect(isContent(known, Buffer.from(`${text} `))).toBe(false)
})

test('the claim of a volume that is being attached keeps its content, which is compared at each step', () => {
  const entry = entryOf('v', { state: 'attaching' })
  const known = knownClaim(entry, formatEntry(entry))
  expect(isContent(known, Buffer.from(formatEntry(entry)))).toBe(true)
  expect(known.content).toEqual(Buffer.from(formatEntry(entry)))
})

test('a claim that this process wrote is not parsed, attached or not', async () => {
  const claims = new Claims(new FakeHost(), '/run/brickwork', BOOT)
  await claims.open()
  const attaching = entryOf('w', { state: 'attaching' })
  for (const entry of [attached, attaching]) await claims.write(entry)
  const all = await claims.all()
  expect(all.find(({ id }) => id === 'v')).toBe(attached)
  expect(all.find(({ id }) => id === 'w')).toBe(attaching)
})
