/** Biome finds import cycles in lib with this repository's settings, also cycles of type imports. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')

/** The output of `biome lint lib` for a copy with these files, and its exit code. */
function lint(files: Readonly<Record<string, string>>): { readonly exitCode: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-cycles-'))
  try {
    copyFileSync(join(ROOT, 'biome.json'), join(folder, 'biome.json'))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), ['lint', 'lib'], { cwd: folder, encoding: 'utf8' })
    return { exitCode: status, said: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const first = (path: string) => `import type { B } from '${path}'\nexport interface A {\n  readonly b: B\n}\n`
const second = (path: string) => `import type { A } from '${path}'\nexport interface B {\n  readonly a: A\n}\n`

describe('import cycles', { timeout: 60_000 }, () => {
  test('two files of lib with no cycle are fine', () => {
    const { exitCode, said } = lint({
      'lib/a.ts': first('./testing/b.js'),
      'lib/testing/b.ts': 'export interface B {\n  readonly a: 1\n}\n',
    })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining('Checked 2 files') as string })
  })

  test.each([
    ['lib/a.ts', 'lib/b.ts', './b.js', './a.js'],
    ['lib/testing/a.ts', 'lib/testing/deep/b.ts', './deep/b.js', '../a.js'],
  ])('a cycle of type imports between %s and %s is reported in both', (a, b, toB, toA) => {
    const { exitCode, said } = lint({ [a]: first(toB), [b]: second(toA) })
    expect(exitCode).toBe(1)
    expect(said).toContain(`${a}:1:24 lint/suspicious/noImportCycles`)
    expect(said).toContain(`${b}:1:24 lint/suspicious/noImportCycles`)
  })

  test('no other rule is on', () => {
    const { exitCode, said } = lint({ 'lib/a.ts': 'let unused: any = 1\ndebugger\nif (unused == 2) {\n}\n' })
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: expect.stringContaining('Checked 1 file') as string })
  })
})
