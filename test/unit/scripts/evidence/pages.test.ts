/** The pages of docs/evidence are generated from the results and must not be edited by hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PAGES, pagesOf } from '../../../../scripts/evidence/pages.mjs'
import { partsOf } from '../../../../scripts/evidence/parts.mjs'
import { readResult } from '../../../../scripts/evidence/results.mjs'
import { groups } from '../../../differential/situations/index.js'
import { families } from '../../../scenarios/index.js'

const ROOT = resolve(import.meta.dirname, '../../../..')
const results = partsOf(families, [...groups.keys()]).flatMap(({ name }) => readResult(ROOT, name) ?? [])

test.each([...pagesOf(results)])('%s is what the results say (`npm run evidence -- --write`)', (name, text) => {
  const file = join(ROOT, PAGES, name)
  expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text)
})

describe('a page', () => {
  const result = {
    ...{ part: 'debian-12/crash', tree: 'aaaa', on: '2026-11-30', minutes: 4.5, passed: 3, failed: 1, skipped: 0, guest: ['Linux 6.1'] },
    rows: [
      { scenario: 'crash', title: 'a | b', guest: 'passed', twin: 'the same' },
      { scenario: 'reboot', title: 'c', where: 'and after a reboot', guest: 'failed', twin: 'not compared' },
      { scenario: 'kernel', title: 'd', guest: 'passed', twin: 'real only' },
      { scenario: 'agents', title: 'e', guest: 'passed', twin: 'differs' },
    ],
  } as const
  const page = (name: string) => pagesOf([result]).get(name) ?? ''

  test('has a row for each part with its tree, and shows a failure', () => {
    expect(page('README.md')).toContain('| `debian-12/crash` | 2026-11-30 | `aaaa` | 3 | **1** | 0 | 4.5 |\n')
  })
  test('says of an old result that its tree is not known', () => {
    expect(pagesOf([{ ...result, tree: '' }]).get('README.md')).toContain('| 2026-11-30 | not recorded |')
  })
  test('has a row for each scenario', () => {
    expect(page('debian-12.md')).toContain(
      [
        '| **crash**, 2026-11-30 | | | |',
        '| `crash` | a \\| b | passed | the same |',
        '| `reboot` | c | FAILED, and after a reboot | not compared |',
        '| `kernel` | d | passed |  |',
        '| `agents` | e | passed | differs |',
      ].join('\n'),
    )
  })
  test('sums up, and names what is not as it should be', () => {
    expect(page('debian-12.md')).toContain(
      [
        '4 scenarios: 3 passed in the guest, 1 did not.',
        '1 are the same over FakeHost, 1 need a real kernel.',
        'Not as they should be: `reboot`, `agents`.',
      ].join('\n'),
    )
  })
  test('of a group without a result says so', () => {
    expect(page('debian-13.md')).toContain('No part has a result yet.')
  })
})
