/** typedoc, with the settings of this repository, reports public members without documentation. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')
const settings = JSON.parse(readFileSync(join(ROOT, 'typedoc.json'), 'utf8')) as Readonly<Record<string, unknown>>

/** Output and exit code of typedoc for a package with these files. */
function typedoc(files: Readonly<Record<string, string>>): { readonly exitCode: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-typedoc-'))
  try {
    copyFileSync(join(ROOT, 'tsconfig.json'), join(folder, 'tsconfig.json'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const all = {
      'package.json': '{ "name": "planted", "version": "1.0.0" }',
      // Types that lib/testing leaves out on purpose are not in this package.
      'typedoc.json': JSON.stringify({ ...settings, intentionallyNotExported: [] }),
      'lib/testing/index.ts': 'export {}\n',
      ...files,
    }
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/typedoc'), [], { cwd: folder, env, encoding: 'utf8' })
    return { exitCode: status, said: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const complete = `/** A volume. */
export interface Volume {
  /** Size in bytes, see {@link Volume}. */
  readonly sizeBytes: number
  /** @internal */
  readonly blocks: number
}
`
const planted = `import type { Size } from './size.js'
export interface Bare {
  readonly id: string
}
/** A volume that is like a {@link Nothing}. */
export interface Volume {
  /** Its size. */
  readonly size: Size
}
export function attach(): void {}
`
const size = `/** A size. */
export interface Size {
  /** Size in bytes. */
  readonly bytes: number
}
`

describe('the check of the API documentation', { timeout: 300_000 }, () => {
  test('passes when every member but the internal ones is documented', () => {
    expect(typedoc({ 'lib/index.ts': complete })).toEqual({ exitCode: 0, said: '' })
  })

  test('reports members without documentation, types that are not exported, and links that lead nowhere', () => {
    const { exitCode, said } = typedoc({ 'lib/index.ts': planted, 'lib/size.ts': size })
    expect(exitCode).not.toBe(0)
    for (const complaint of [
      /Bare \(Interface\), .* does not have any documentation/,
      /Bare\.id \(Property\), .* does not have any documentation/,
      /attach \(CallSignature\), .* does not have any documentation/,
      /Size, defined in .*, is referenced by .*Volume\.size/,
      /Failed to resolve link to "Nothing"/,
    ])
      expect(said).toMatch(complaint)
  })
})
