/** `npm test` and `npm run check` run vitest so that missing snapshots and tests marked `only` fail. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')
const { STRICT } = (await import(pathToFileURL(join(ROOT, 'scripts/tests/vitest.mjs')).href)) as { STRICT: readonly string[] }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brickwork-strict-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return () => {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** The exit code of vitest for one test file, either as at a terminal or with the options of the scripts. */
function run(text: string, options: readonly string[]): number | null {
  writeFileSync(join(folder, 'a.test.ts'), `import { expect, test } from 'vitest'\n${text}`)
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
  return spawnSync(join(ROOT, 'node_modules/.bin/vitest'), ['run', ...options, '--root', folder], { env, stdio: 'ignore' }).status
}
const snapshots = () => existsSync(join(folder, '__snapshots__'))

describe('vitest in npm test', { timeout: 60_000 }, () => {
  test('a missing snapshot fails and is not written', () => {
    const text = "test('a', () => expect(1).toMatchSnapshot())\n"
    expect(run(text, STRICT)).toBe(1)
    expect(snapshots()).toBe(false)
    expect(run(text, [])).toBe(0)
    expect(snapshots()).toBe(true)
    expect(run(text, STRICT)).toBe(0)
  })

  test('a test that is marked `only` fails', () => {
    const text = "test.only('a', () => expect(1).toBe(1))\ntest('b', () => expect(1).toBe(2))\n"
    expect(run(text, STRICT)).toBe(1)
    expect(run(text, [])).toBe(0)
  })
})
