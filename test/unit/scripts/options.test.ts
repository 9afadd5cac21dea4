/** docs/options.md matches the types and doc comments, and its defaults match the code. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

import { forms } from '../../../lib/connectors/index.js'
import { DEFAULT_TIMEOUT_MS, defaultLimits, defaultPolicy } from '../../../lib/operation/policy.js'
import { settingsOf } from '../../../lib/testing/settings.js'

const ROOT = resolve(import.meta.dirname, '../../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

function check(root: string): { readonly exitCode: number | null; readonly said: string } {
  const argv = [join(ROOT, 'scripts/options.mjs'), '--check', '--root', root]
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' })
  return { exitCode: status, said: stdout + stderr }
}
/** The result of `check` for a copy in which one text of a file is replaced. */
function checkWith(file: string, before: string, after: string): ReturnType<typeof check> {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-options-'))
  try {
    for (const each of ['lib', 'docs/options.md']) cpSync(join(ROOT, each), join(folder, each), { recursive: true })
    expect(read(file)).toContain(before)
    writeFileSync(join(folder, file), read(file).replace(before, after))
    return check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The value of `'text'`, `60_000` or `true` between backquotes. */
function literal(text: string): unknown {
  return JSON.parse(
    text
      .replaceAll('`', '')
      .replaceAll("'", '"')
      .replace(/(?<=\d)_(?=\d)/g, ''),
  )
}
/** Defaults of the options below a heading, by name: values of literals only. */
function defaultsBelow(heading: string): ReadonlyMap<string, unknown> {
  const [, section = ''] = read('docs/options.md').split(`\n${heading}\n`)
  const rows = (section.split(/\n#+ /)[0] ?? '').split('\n').filter((line) => line.startsWith('| `'))
  return new Map(
    rows.flatMap((row) => {
      const [, name = '', , value = ''] = row.split(/ (?<!\\)\| |^\| /)
      return /^`.*`$/.test(value) ? [[name.replaceAll('`', ''), literal(value)]] : []
    }),
  )
}
/** `{ paths: { min: 1 } }` as `paths.min`. */
function flat(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
    typeof each === 'object' && each !== null ? flat(each, `${prefix}${key}.`) : [[`${prefix}${key}`, each]],
  )
}

interface Option {
  readonly name: string
  readonly default: string | undefined
}
const { readTypes } = (await import(pathToFileURL(join(ROOT, 'scripts/options/types.mjs')).href)) as {
  readTypes: (root: string, files: readonly string[]) => { interface: (name: string) => { readonly options: readonly Option[] } }
}

describe('the defaults of FakeHost in its doc comments', () => {
  test.each([
    ['FakeHostOptions', 'lib/testing/settings.ts', settingsOf({})],
    ['MultipathConfig', 'lib/testing/multipathd/config.ts', settingsOf({})],
    ['Delays', 'lib/testing/delays.ts', settingsOf({}).delays],
  ])('are those of the code: %s', (name, file, values) => {
    const said = readTypes(ROOT, [file])
      .interface(name)
      .options.flatMap((option) => (option.default?.startsWith('`') === true ? [[option.name, literal(option.default)] as const] : []))
    expect(said.length).toBeGreaterThan(5)
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(said.map(([key]) => [key, values[key as keyof typeof values]])))
  })
})

describe('docs/options.md', { timeout: 60_000 }, () => {
  test('is what the types and doc comments say', () => {
    expect(check(ROOT)).toEqual({ exitCode: 0, said: expect.stringMatching(/^\d+ options$/m) as string })
  })
  test.each([
    ['another default', 'lib/api/policy.ts', '@default 2000', '@default 3000'],
    ['another meaning', 'lib/api/call.ts', 'Ends the call early', 'Ends the call late'],
    ['another type', 'lib/api/policy.ts', "readonly ready: 'udev' | 'kernel'", "readonly ready: 'udev' | 'kernel' | 'both'"],
    [
      'another option',
      'lib/api/recovery.ts',
      'readonly adopt?: boolean',
      'readonly adopt?: boolean\n  /** New. */\n  readonly again?: boolean',
    ],
  ])('is out of date with %s', (_, file, before, after) => {
    const said = expect.stringContaining('docs/options.md is out of date: npm run options') as string
    expect(checkWith(file, before, after)).toEqual({ exitCode: 1, said })
  })
  test('has the defaults of the code', () => {
    const policy = new Map([...defaultsBelow('## Policy'), ...defaultsBelow('### Policy of iscsi')])
    expect(policy).toEqual(new Map(flat(defaultPolicy(forms))))
    expect(defaultsBelow('## Limits')).toEqual(new Map(flat(defaultLimits(forms))))
    expect(defaultsBelow('## Calls').get('timeoutMs')).toBe(DEFAULT_TIMEOUT_MS)
  })
  test('names every type of options', () => {
    const files = [
      ...readdirSync(join(ROOT, 'lib/api')).map((name) => `lib/api/${name}`),
      ...readdirSync(join(ROOT, 'lib')).map((name) => `lib/${name}`),
    ]
    const text = files.flatMap((file) => (file.endsWith('.ts') ? [read(file)] : [])).join('\n')
    const types = [...text.matchAll(/^export interface (\w+(?:Call|Options))\b/gm)].map(([, name = '']) => name)
    expect(types.length).toBeGreaterThan(15)
    expect(types.filter((name) => !read('docs/options.md').includes(`\`${name}\``))).toEqual([])
  })
  test('is linked from the manual group of the README', () => {
    expect(/^\| Manual \|.*$/m.exec(read('README.md'))?.[0]).toContain('(docs/options.md)')
  })
})
