/** The parts of `npm run test:full`: which parts exist, and which parts the words of a command line select. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { choose } from '../../../../scripts/evidence/choose.mjs'
import { partsOf } from '../../../../scripts/evidence/parts.mjs'
import { labScope, NOT_PLAYED, SCENARIOS } from '../../../../scripts/evidence/scopes.mjs'
import { filesOf } from '../../../../scripts/evidence/tree.mjs'
import { shareOf } from '../../../../scripts/mutations/share.mjs'
import { groups } from '../../../differential/situations/index.js'
import { families } from '../../../scenarios/index.js'

const ROOT = resolve(import.meta.dirname, '../../../..')
const parts = partsOf(families, [...groups.keys()])
const chosen = (...words: string[]) => choose(parts, words).map(({ name }) => name)

describe('the parts', () => {
  test('have names of their own', () => {
    const names = parts.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([])
  })
  test('play each family in both distributions, and its long scenarios once', () => {
    const apart = ['differential', 'soak']
    const of = (long: boolean) =>
      [...families]
        .filter(([name, all]) => !apart.includes(name) && all.some((each) => (each.long ?? false) === long))
        .map(([name]) => name)
    expect(chosen('debian-12')).toEqual(of(false).map((name) => `debian-12/${name}`))
    expect(chosen('debian-13')).toEqual(of(false).map((name) => `debian-13/${name}`))
    expect(chosen('long')).toEqual(of(true).map((name) => `long/${name}`))
    expect(of(false).length).toBeGreaterThan(20)
    expect(of(true).length).toBeGreaterThan(4)
  })
  test('play what has a command of its own by that command', () => {
    expect(chosen('soak')).toEqual(['soak/debian-12', 'soak/debian-13'])
    expect(chosen('differential')).toEqual(['differential/single', 'differential/multipath', 'differential/discovery', 'differential/used'])
    for (const name of ['soak', 'differential']) expect(chosen('debian-12', 'long').filter((part) => part.endsWith(`/${name}`))).toEqual([])
  })
  test('name scripts that are there', () => {
    expect(parts.map(({ argv }) => argv[0] ?? '').filter((script) => !existsSync(join(ROOT, script)))).toEqual([])
  })
  test('of the simulation begin at seeds that the others do not reach', () => {
    const option = (argv: readonly string[], name: string) => Number(argv[argv.indexOf(name) + 1])
    const ranges = parts
      .filter(({ name }) => name.startsWith('simulate/'))
      .map(({ argv }) => ({ from: option(argv, '--seed'), worlds: option(argv, '--ops') / 500 }))
    expect(ranges).toHaveLength(8)
    for (const [index, { from }] of ranges.slice(1).entries()) expect(from).toBe((ranges[index]?.from ?? 0) + (ranges[index]?.worlds ?? 0))
  })
})

describe('shares', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  test('hold each of a list once', () => {
    expect(shareOf(all, '2/3')).toEqual(['b', 'e'])
    expect([1, 2, 3].flatMap((share) => shareOf(all, `${share}/3`)).toSorted()).toEqual(all)
    expect(shareOf(all, '1/1')).toEqual(all)
  })
  test.each(['0/3', '4/3', '1', '1/', 'a/b', '-1/3'])('that are none are refused: %s', (share) => {
    expect(() => shareOf(all, share)).toThrow(/^--share .*: write K\/N/)
  })
  test('of the mutations add up to all', () => {
    const shares = parts.filter(({ name }) => name.startsWith('mutate/')).map(({ argv }) => argv.at(-1))
    expect(shares).toEqual(['1/4', '2/4', '3/4', '4/4'])
  })
})

describe('words', () => {
  test('choose a family in every distribution, and its long scenarios', () => {
    expect(chosen('crash')).toEqual(['debian-12/crash', 'debian-13/crash', 'long/crash'])
  })
  test('choose one part by its name', () => {
    expect(chosen('debian-13/crash')).toEqual(['debian-13/crash'])
  })
  test('add up, in the order of the parts and each part once', () => {
    expect(chosen('mutate/1', 'debian-12/attach', 'attach')).toEqual(['debian-12/attach', 'debian-13/attach', 'mutate/1'])
  })
  test('are not needed for all parts', () => {
    expect(chosen()).toEqual(parts.map(({ name }) => name))
  })
  test('that name nothing are refused, with those that do', () => {
    expect(() => chosen('crash', 'crush')).toThrow(/^Unknown part: crush\. [^]* {2}crash [^]* {2}debian-12 [^]* {2}simulate /)
  })
})

describe('the files of a part of the lab', () => {
  test('are told from those of other families by the name of the family', () => {
    const missing = [...families.keys()].map((name) => `${SCENARIOS}/${name}.ts`).filter((file) => !existsSync(join(ROOT, file)))
    expect(missing).toEqual([])
    expect(filesOf(ROOT, labScope('crash')).filter((file) => file.startsWith(SCENARIOS))).toEqual([`${SCENARIOS}/crash.ts`])
  })
  test('leave out only what is there', () => {
    expect(NOT_PLAYED.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
  test('import no code that is left out, but for the list of the scenarios', () => {
    const files = filesOf(ROOT, labScope('soak'))
    const lost = files
      .filter((file) => file.startsWith('test/'))
      .flatMap((file) =>
        importsOf(file)
          .filter((each) => !files.includes(each))
          .map((each) => `${file} imports ${each}`),
      )
    expect(lost).toEqual([`test/play/main.ts imports ${SCENARIOS}/index.ts`])
  })
  test('of the family with helpers of its own include those', () => {
    expect(filesOf(ROOT, labScope('soak'))).toContain('test/soak/work.ts')
    expect(filesOf(ROOT, labScope('crash'))).not.toContain('test/soak/work.ts')
  })
})

/** Files below `test/` whose code a file imports. Type imports don't count. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const found = [...text.matchAll(/^import (?!type )[^;]*? from '(\.[^']*)\.js'$/gm)].map(([, path = '']) =>
    join(dirname(file), `${path}.ts`),
  )
  return found.filter((path) => path.startsWith('test/'))
}
