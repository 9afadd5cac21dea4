/** Rows of attach storms: which rows are up to date, and how a new result replaces the old one. */
import { expect, test } from 'vitest'
import { isMeasured, withRow } from '../../../../scripts/bench/storm-kept.mjs'
import { ROWS } from '../../../bench/row.js'

const measured = (id: string, tree: string) => ({ id, tree, on: '2026-11-30', rounds: {}, failures: [], story: [] })

test('a row that was measured on the same tree without a failure need not be measured again', () => {
  expect(isMeasured(measured('S1', 'aaaa'), 'aaaa')).toBe(true)
  expect(isMeasured(measured('S1', 'bbbb'), 'aaaa')).toBe(false)
  expect(isMeasured(undefined, 'aaaa')).toBe(false)
  expect(isMeasured({ ...measured('S1', 'aaaa'), failures: [{ party: 'bound', why: 'no map' }] }, 'aaaa')).toBe(false)
})
test('a new row takes the place of its earlier result, and the others stay, in the order of the rows', () => {
  const before = [measured('S3', 'old'), measured('S1', 'old'), measured('gone', 'old')]
  const trees = (id: string) => withRow(ROWS, before, measured(id, 'new')).map((row) => `${row.id} ${row.tree}`)
  expect(trees('S1')).toEqual(['S1 new', 'S3 old'])
  expect(trees('S2')).toEqual(['S1 old', 'S2 new', 'S3 old'])
})
