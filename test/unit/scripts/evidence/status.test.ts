/** Whether a result is still valid for the current code: which parts are skipped, and what `npm run evidence` lists. */
import { describe, expect, test } from 'vitest'
import { complaintOf, hasPassed, skipLine } from '../../../../scripts/evidence/status.mjs'

const last = { tree: 'aaaa', on: '2026-11-30', passed: 12, failed: 0, skipped: 1 }

describe('a part is skipped', () => {
  test('after it has passed on the same tree, with a line that says so', () => {
    expect(hasPassed(last, 'aaaa')).toBe(true)
    expect(skipLine('long/crash', last)).toBe(
      '- long/crash: skipped, it passed on this tree on 2026-11-30 (12 passed, 0 failed, 1 skipped)',
    )
  })
  test.each([
    ['it has no result', undefined],
    ['it passed on another tree', { ...last, tree: 'bbbb' }],
    ['it did not pass', { ...last, failed: 1 }],
    ['nothing of it was played', { ...last, passed: 0 }],
  ])('but not when %s', (_, result) => {
    expect(hasPassed(result, 'aaaa')).toBe(false)
  })
})

describe('a complaint', () => {
  test('is not made of a result of this tree', () => {
    expect(complaintOf('long/crash', last, 'aaaa')).toBeUndefined()
  })
  test.each([
    ['long/crash: has no result', undefined],
    ['long/crash: result of 2026-11-30 is older than the code: its tree is bbbb, the tree is now aaaa', { ...last, tree: 'bbbb' }],
    ['long/crash: result of 2026-11-30 names no tree; the tree is now aaaa', { ...last, tree: '' }],
    ['long/crash: run of 2026-11-30 did not pass: 12 passed, 2 failed, 1 skipped', { ...last, failed: 2 }],
  ])('is made: %s', (line, result) => {
    expect(complaintOf('long/crash', result, 'aaaa')).toBe(line)
  })
})
