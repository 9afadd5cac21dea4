/** Patches that no longer apply are rewritten from their changes at an earlier commit. */
import { describe, expect, test } from 'vitest'
import { Repository } from './repository.js'

const lines = (...all: readonly string[]) => `${all.join('\n')}\n`
const PATCH = 'test/mutations/wrong.patch'
const HEADER = lines('The sum is wrong.', '', 'Requirement: P1', 'Test: test/sum.test.ts › adds', '')
const SUM = [
  ...["import { one } from './one.js'", '', '/** Adds. */', 'export function sum(a: number, b: number) {'],
  ...['  const start = one(a)', '  return start + b', '}', '', 'export const end = 1'],
]
const hunk = [
  '@@ -4,5 +4,5 @@',
  ' export function sum(a: number, b: number) {',
  '   const start = one(a)',
  '-  return start + b',
  '+  return start - b',
  ' }',
  ' ',
]

/** A library of one function, and a patch that breaks it. */
function repository(more: Readonly<Record<string, string>> = {}): Repository {
  return new Repository({
    'lib/sum.ts': lines(...SUM),
    'lib/one.ts': lines('export const one = (a: number) => a'),
    [PATCH]: HEADER + lines('--- a/lib/sum.ts', '+++ b/lib/sum.ts', ...hunk),
    ...more,
  })
}

describe('npm run moves -- patches', { timeout: 30_000 }, () => {
  test('a patch that still applies stays as it is', () => {
    using there = repository()
    there.edit('lib/sum.ts', 'export const end = 1', 'export const end = 2')
    const before = there.read(PATCH)
    expect(there.moves('patches', 'HEAD')).toEqual({ exitCode: 0, said: expect.stringContaining('Unchanged: 1\nRefreshed: 0\n') as string })
    expect(there.read(PATCH)).toBe(before)
  })

  test('a patch that applies with an offset gets the line numbers of today', () => {
    using there = repository()
    there.edit('lib/sum.ts', '/** Adds. */', '/**\n * Adds.\n */')
    expect(there.moves('patches', 'HEAD').said).toContain('Refreshed: 1\n')
    expect(there.read(PATCH)).toContain('@@ -6,5 +6,5 @@\n')
  })

  test('a patch follows its file through a move, a change beside it and renamed words; its header and form stay', () => {
    using there = repository()
    there.apply({ 'lib/sum.ts': 'lib/math/add.ts' })
    there.edit('lib/math/add.ts', 'start', 'first')
    there.edit('lib/math/add.ts', '/** Adds. */', '/** Adds two numbers. */')
    there.write({ 'words.json': JSON.stringify({ words: { start: 'first' } }) })
    expect(there.applies(PATCH)).toBe(false)
    expect(there.moves('patches', 'HEAD', '--words', 'words.json')).toEqual({
      exitCode: 0,
      said: expect.stringContaining(`Refreshed: 1\n  ${PATCH}\n`) as string,
    })
    expect(there.read(PATCH)).toBe(
      HEADER + lines('--- a/lib/math/add.ts', '+++ b/lib/math/add.ts', ...hunk.map((line) => line.replaceAll('start', 'first'))),
    )
    expect(there.applies(PATCH)).toBe(true)
  })

  test('lines that break anew because of a longer word are no conflict', () => {
    const call = (word: string) => `export const all = ['${'a'.repeat(60)}', '${'b'.repeat(45)}', ${word}]`
    const hunk = ['@@ -1,3 +1,3 @@', ` ${call('start')}`, '-export const two = start', '+export const two = end', ' export const three = 3']
    using there = repository({
      'lib/long.ts': lines(call('start'), 'export const two = start', 'export const three = 3'),
      [PATCH]: HEADER + lines('--- a/lib/long.ts', '+++ b/lib/long.ts', ...hunk),
    })
    const broken = ['export const all = [', `  '${'a'.repeat(60)}',`, `  '${'b'.repeat(45)}',`, '  startOfTheWhole,', ']']
    there.write({ 'lib/long.ts': lines(...broken, 'export const two = startOfTheWhole', 'export const three = 3') })
    there.write({ 'words.json': JSON.stringify({ words: { start: 'startOfTheWhole' } }) })
    expect(there.moves('patches', 'HEAD', '--words', 'words.json').said).toContain('Refreshed: 1')
    expect(there.read(PATCH)).toContain(lines('-export const two = startOfTheWhole', '+export const two = end'))
  })

  test('imports in a hunk follow, and a `diff --git` line stays', () => {
    const first = ['@@ -1,3 +1,3 @@', "-import { one } from './one.js'", "+import { one } from './two.js'", ' ', ' /** Adds. */']
    const planted = 'test/simulation/planted/import.patch'
    using there = repository({
      [planted]: lines('It.', '', 'diff --git a/lib/sum.ts b/lib/sum.ts', '--- a/lib/sum.ts', '+++ b/lib/sum.ts', ...first),
      'lib/two.ts': lines('export const one = 2'),
    })
    there.apply({ 'lib/sum.ts': 'lib/deep/sum.ts' })
    expect(there.applies(planted)).toBe(false)
    expect(there.moves('patches', 'HEAD').exitCode).toBe(0)
    expect(there.read(planted)).toBe(
      lines(
        ...['It.', '', 'diff --git a/lib/deep/sum.ts b/lib/deep/sum.ts', '--- a/lib/deep/sum.ts', '+++ b/lib/deep/sum.ts'],
        ...first.map((line) => line.replace("'./", "'../")),
      ),
    )
  })

  test('a patch that applies but adds a name of before is written again', () => {
    using there = repository({
      [PATCH]:
        HEADER +
        lines('--- a/lib/sum.ts', '+++ b/lib/sum.ts', '@@ -7,3 +7,3 @@', ' }', ' ', '-export const end = 1', '+export const end = one(2)'),
    })
    there.edit('lib/sum.ts', 'one(', 'same(')
    there.write({ 'words.json': JSON.stringify({ words: { one: 'same' } }) })
    expect(there.applies(PATCH)).toBe(true)
    expect(there.moves('patches', 'HEAD', '--words', 'words.json').said).toContain('Refreshed: 1')
    expect(there.read(PATCH)).toContain('+export const end = same(2)')
  })

  test('files are found through tables one after another, and through what Git sees as a rename', () => {
    using there = repository()
    there.write({ 'scripts/moves/2.json': JSON.stringify({ files: { 'lib/b/': 'lib/c/' } }) })
    there.write({ 'scripts/moves/1.json': JSON.stringify({ files: { 'lib/sum.ts': 'lib/b/sum.ts', 'lib/one.ts': 'lib/later.ts' } }) })
    for (const [from, to] of [
      ['lib/sum.ts', 'lib/c/sum.ts'],
      ['test/mutations/wrong.patch', 'test/mutations/bad.patch'],
    ] as const) {
      there.write({ [to]: there.read(from) })
      there.git('rm', '--quiet', from)
    }
    there.git('add', '--all')
    expect(there.moves('patches', 'HEAD').said).toContain('Refreshed: 1\n  test/mutations/bad.patch')
    expect(there.read('test/mutations/bad.patch')).toContain('--- a/lib/c/sum.ts\n+++ b/lib/c/sum.ts\n')
  })

  test('a conflict is told with its region, and the patch stays', () => {
    using there = repository()
    there.edit('lib/sum.ts', 'return start + b', 'return b + start')
    const before = there.read(PATCH)
    const { exitCode, said } = there.moves('patches', 'HEAD')
    expect(exitCode).toBe(1)
    expect(said).toContain(`To be written by hand: 1\n  ${PATCH}: lib/sum.ts:\n`)
    expect(said).toMatch(/<{7} working tree\s+return b \+ start\s[^]*return start \+ b\s[^]*return start - b\s+>{7} patch/)
    expect(there.read(PATCH)).toBe(before)
  })

  test('a patch of which nothing is left, or whose file is gone, is a person’s work too', () => {
    using there = repository()
    there.edit('lib/sum.ts', 'start + b', 'start - b')
    expect(there.moves('patches', 'HEAD').said).toContain(`${PATCH}: it would change nothing`)
    there.git('rm', '--quiet', '--force', 'lib/sum.ts')
    expect(there.moves('patches', 'HEAD').said).toContain(`${PATCH}: lib/sum.ts is gone`)
  })

  test('a patch that was edited since and applies is left, and named', () => {
    using there = repository()
    there.edit(PATCH, '+  return start - b', '+  return start * b')
    const before = there.read(PATCH)
    expect(there.moves('patches', 'HEAD').said).toMatch(/but do something else than at HEAD: 1\n {2}test\/mutations\/wrong\.patch/)
    expect(there.read(PATCH)).toBe(before)
  })
})
