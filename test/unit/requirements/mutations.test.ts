/** The patches of test/mutations apply to the current sources. `npm run mutate` shows that each makes its test fail. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')
interface Mutation {
  readonly name: string
  readonly file: string
  readonly why: string
  readonly requirement: string
  readonly test: { readonly file: string; readonly name: string }
}
const { mutations, complaintsOf } = (await import(pathToFileURL(join(ROOT, 'scripts/mutations/patches.mjs')).href)) as {
  mutations: (root: string) => readonly Mutation[]
  complaintsOf: (root: string, all: readonly Mutation[]) => readonly string[]
}
const { applyPatch } = (await import(pathToFileURL(join(ROOT, 'scripts/mutations/apply.mjs')).href)) as {
  applyPatch: (folder: string, patch: string) => void
}
const all = mutations(ROOT)
const check = (patch: Buffer | undefined, ...more: string[]) =>
  execFileSync('git', ['apply', '--check', ...more], { cwd: ROOT, input: patch, stdio: ['pipe', 'pipe', 'pipe'] })

describe('mutations', { timeout: 60_000 }, () => {
  test('each names a requirement and a test that are there, and says what it breaks', () => {
    expect(all.length).toBeGreaterThanOrEqual(40)
    expect(complaintsOf(ROOT, all)).toEqual([])
  })
  test('each still applies', () => {
    const stale = all.filter(({ file }) => {
      try {
        check(undefined, file)
        return false
      } catch {
        return true
      }
    })
    expect(stale.map(({ name }) => name)).toEqual([])
  })
  test('one that names nothing, or does not fit, is seen', () => {
    const lost = { name: 'lost', file: '', why: '', requirement: 'P99', test: { file: 'test/unit/docs.test.ts', name: 'nothing' } }
    expect(complaintsOf(ROOT, [lost])).toEqual([
      'lost does not say what it breaks',
      'lost breaks an unknown requirement: P99',
      'lost names a test that does not exist: test/unit/docs.test.ts › nothing',
    ])
    const text = ['--- a/lib/index.ts', '+++ b/lib/index.ts', '@@ -1,1 +1,1 @@', '-what was never there', '+something', '']
    expect(() => check(Buffer.from(text.join('\n')), '-')).toThrow('patch does not apply')
  })
  test('a patch is applied only where its context is the same', () => {
    const folder = mkdtempSync(join(tmpdir(), 'brickwork-apply-'))
    try {
      const patch = ['--- a/x', '+++ b/x', '@@ -1,5 +1,5 @@', ' 1', ' 2', '-3', '+three', ' 4', ' 5', '']
      writeFileSync(join(folder, 'x.patch'), patch.join('\n'))
      writeFileSync(join(folder, 'x'), '1\n2\n3\n4\n5\n')
      applyPatch(folder, 'x.patch')
      expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('1\n2\nthree\n4\n5\n')
      // GNU patch applies this one with fuzz.
      writeFileSync(join(folder, 'x'), 'one\n2\n3\n4\nfive\n')
      expect(() => {
        applyPatch(folder, 'x.patch')
      }).toThrow('patch does not apply')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
