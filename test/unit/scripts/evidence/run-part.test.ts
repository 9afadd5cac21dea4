/** The result of a part, from the output of its script and its end. */
import { describe, expect, test } from 'vitest'
import { outcomeOf } from '../../../../scripts/evidence/run-part.mjs'

const none = { passed: 0, failed: 0, skipped: 0 }

describe('a script that counts', () => {
  test('passes by its last line and exit code 0', () => {
    const lines = ['1 passed, 1 failed, 0 skipped', 'and more', '7 passed, 0 failed, 2 skipped']
    expect(outcomeOf({ exitCode: 0, lines }, false)).toEqual({ passed: 7, failed: 0, skipped: 2 })
  })
  test('fails with what the lab says has failed', () => {
    const lines = [
      'Failed:',
      '  a part of the part',
      '',
      'Failed:',
      '  attach in the guest: no device',
      '  twin of chap: noted',
      '7 passed, 2 failed, 0 skipped',
    ]
    const failures = ['attach in the guest: no device', 'twin of chap: noted']
    expect(outcomeOf({ exitCode: 1, lines }, false)).toEqual({ passed: 7, failed: 2, skipped: 0, failures })
  })
  test('fails with an exit code, whatever it counted', () => {
    expect(outcomeOf({ exitCode: 2, lines: ['7 passed, 0 failed, 0 skipped'] }, false)).toEqual({
      ...none,
      passed: 7,
      failed: 1,
      failures: ['exit code 2'],
    })
  })
  test.each([[['it broke']], [['0 passed, 0 failed, 0 skipped']], [[]]])('fails when it counted nothing: %j', (lines) => {
    expect(outcomeOf({ exitCode: 0, lines }, false)).toEqual({ ...none, failed: 1, failures: ['there was nothing to run'] })
  })
  test('fails when something else went wrong, and says what', () => {
    const why = 'the sources changed while it ran'
    expect(outcomeOf({ exitCode: 0, lines: ['7 passed, 0 failed, 0 skipped'], why }, false)).toEqual({
      ...none,
      passed: 7,
      failed: 1,
      failures: [why],
    })
  })
  test('keeps the beginning of a long line', () => {
    const lines = ['Failed:', `  ${'x'.repeat(1000)}`, '0 passed, 1 failed, 0 skipped']
    expect(outcomeOf({ exitCode: 1, lines }, false).failures).toEqual(['x'.repeat(300)])
  })
})

describe('a script that is one test', () => {
  test('passes by exit code 0', () => {
    expect(outcomeOf({ exitCode: 0, lines: ['Each was found.'] }, true)).toEqual({ ...none, passed: 1 })
  })
  test('fails by any other', () => {
    expect(outcomeOf({ exitCode: 1, lines: ['2 not found'] }, true)).toEqual({ ...none, failed: 1, failures: ['exit code 1'] })
  })
})
