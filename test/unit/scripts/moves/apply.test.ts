/** A table moves files, and every reference to them follows. */
import { describe, expect, test } from 'vitest'
import { Repository } from './repository.js'

const lines = (...all: readonly string[]) => `${all.join('\n')}\n`

describe('npm run moves -- apply', { timeout: 30_000 }, () => {
  test('moves files and folders; imports of every kind follow, from and to what moved', () => {
    using repository = new Repository({
      'lib/a/one.ts': lines("import { two } from './two.js'", "import { three } from '../c/three.js'", 'export const one = two + three'),
      'lib/a/two.ts': lines('export const two = 2'),
      'lib/c/three.ts': lines('export const three = 3'),
      'lib/user.ts': lines("export { one } from './a/one.js'", "export const lazy = () => import('./a/two.js')"),
      'test/one.test.ts': lines(
        "import type { Three } from '../lib/c/three.js'",
        "vi.mock('../lib/a/one.js')",
        "const url = new URL('../lib/a/two.js', import.meta.url)",
        "const built = new URL('../dist/lib/a/two.js', import.meta.url)",
        "const addon = new URL('../build/Release/addon.node', import.meta.url)",
        "const root = join(import.meta.dirname, '..')",
        "const data = join(import.meta.dirname, 'data.json')",
      ),
      'test/data.json': '{}',
    })
    const { exitCode } = repository.apply({
      'lib/a/': 'lib/x/y/',
      'lib/a/two.ts': 'lib/x/zwei.ts',
      'test/one.test.ts': 'test/unit/eins.test.ts',
    })
    expect(exitCode).toBe(0)
    expect(repository.files).toEqual([
      ...['biome.json', 'lib/c/three.ts', 'lib/user.ts', 'lib/x/y/one.ts', 'lib/x/zwei.ts', 'test/data.json', 'test/unit/eins.test.ts'],
    ])
    expect(repository.read('lib/x/y/one.ts')).toBe(
      lines("import { two } from '../zwei.js'", "import { three } from '../../c/three.js'", 'export const one = two + three'),
    )
    expect(repository.read('lib/user.ts')).toBe(
      lines("export { one } from './x/y/one.js'", "export const lazy = () => import('./x/zwei.js')"),
    )
    expect(repository.read('test/unit/eins.test.ts')).toBe(
      lines(
        "import type { Three } from '../../lib/c/three.js'",
        "vi.mock('../../lib/x/y/one.js')",
        "const url = new URL('../../lib/x/zwei.js', import.meta.url)",
        "const built = new URL('../../dist/lib/x/zwei.js', import.meta.url)",
        "const addon = new URL('../../build/Release/addon.node', import.meta.url)",
        "const root = join(import.meta.dirname, '../..')",
        "const data = join(import.meta.dirname, '../data.json')",
      ),
    )
  })

  test('names change places, and imports are formatted', () => {
    const long = 'first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh, twelfth'
    using repository = new Repository({
      'lib/a.ts': lines('export const a = 1'),
      'lib/b.ts': lines('export const b = 2'),
      'lib/user.ts': lines("import { a } from './a.js'", "import { b } from './b.js'", `import { ${long} } from './names.js'`),
      'lib/names.ts': lines(`export const [${long}] = names`),
    })
    repository.apply({ 'lib/a.ts': 'lib/b.ts', 'lib/b.ts': 'lib/a.ts', 'lib/names.ts': 'lib/some/other/folder/with/names.ts' })
    expect(repository.read('lib/a.ts')).toBe(lines('export const b = 2'))
    expect(repository.read('lib/b.ts')).toBe(lines('export const a = 1'))
    const user = repository.read('lib/user.ts')
    expect(user).toContain(lines("import { a } from './b.js'", "import { b } from './a.js'"))
    expect(user).toContain(lines('  twelfth,', "} from './some/other/folder/with/names.js'"))
  })

  test('paths follow in requirements, documents, settings, scripts, headers of patches; snapshots follow their tests', () => {
    using repository = new Repository({
      'lib/a.ts': lines('export const a = 1'),
      'test/old/a.test.ts': lines("import '../../lib/a.js'"),
      'test/old/lab/story.ts': lines('export const story = 1'),
      'test/old/__snapshots__/a.test.ts.snap': lines('exports[`lib/a.ts 1`] = `1`;'),
      'docs/evidence/requirements.json': lines('["test/old/a.test.ts › a is one", "lib/ab.ts"]'),
      'docs/a.md': lines('See [a](../lib/a.ts#L1), `lib/a.ts`, `dist/lib/a.d.ts`, /var/lib/a.ts and the [other](b.md).'),
      'docs/b.md': lines('[a](a.md)'),
      'tsconfig.json': lines('{ "include": ["lib/**/*.ts", "test/old/lab/**/*.ts"] }'),
      'scripts/s.mjs': lines(
        "const SCENARIOS = 'test/old/lab'",
        'const built = (name) => new URL(`../build/lab/test/old/lab/${name}.js`, import.meta.url)',
        'const pattern = /lib\\/a\\.ts|test\\/old\\/lab\\//',
      ),
      'test/mutations/a.patch': lines(
        ...['a is two.', '', 'Requirement: P1', 'Test: test/old/a.test.ts › a is one', '', '--- a/lib/a.ts', '+++ b/lib/a.ts'],
        ...['@@ -1,1 +1,1 @@', '-export const a = 1', "+export const a = 'lib/a.ts'"],
      ),
    })
    repository.apply({
      'lib/a.ts': 'lib/x/b.ts',
      'test/old/a.test.ts': 'test/new/b.test.ts',
      'test/old/lab/': 'test/world/',
      'docs/b.md': 'docs/deep/b.md',
    })
    expect(repository.files).toContain('test/new/__snapshots__/b.test.ts.snap')
    expect(repository.read('test/new/__snapshots__/b.test.ts.snap')).toBe(lines('exports[`lib/a.ts 1`] = `1`;'))
    expect(repository.read('docs/evidence/requirements.json')).toBe(lines('["test/new/b.test.ts › a is one", "lib/ab.ts"]'))
    expect(repository.read('docs/a.md')).toBe(
      lines('See [a](../lib/x/b.ts#L1), `lib/x/b.ts`, `dist/lib/x/b.d.ts`, /var/lib/a.ts and the [other](deep/b.md).'),
    )
    expect(repository.read('docs/deep/b.md')).toBe(lines('[a](../a.md)'))
    expect(repository.read('tsconfig.json')).toBe(lines('{ "include": ["lib/**/*.ts", "test/world/**/*.ts"] }'))
    expect(repository.read('scripts/s.mjs')).toBe(
      lines(
        "const SCENARIOS = 'test/world'",
        'const built = (name) => new URL(`../build/lab/test/world/${name}.js`, import.meta.url)',
        'const pattern = /lib\\/x\\/b\\.ts|test\\/world\\//',
      ),
    )
    const patch = repository.read('test/mutations/a.patch')
    expect(patch).toContain(lines('Test: test/new/b.test.ts › a is one', '', '--- a/lib/x/b.ts', '+++ b/lib/x/b.ts'))
    expect(patch).toContain("+export const a = 'lib/a.ts'")
    expect(repository.applies('test/mutations/a.patch')).toBe(true)
  })

  test('a snapshot takes the new name of its test when their folder moves too', () => {
    using repository = new Repository({
      'test/old/a.test.ts': lines('export const a = 1'),
      'test/old/c.test.ts': lines('export const c = 1'),
      'test/old/__snapshots__/a.test.ts.snap': lines('exports[`a 1`] = `1`;'),
      'test/old/__snapshots__/c.test.ts.snap': lines('exports[`c 1`] = `1`;'),
    })
    repository.apply({ 'test/old/': 'test/new/', 'test/old/a.test.ts': 'test/new/b.test.ts' })
    expect(repository.files.filter((file) => file.endsWith('.snap'))).toEqual([
      'test/new/__snapshots__/b.test.ts.snap',
      'test/new/__snapshots__/c.test.ts.snap',
    ])
  })

  test('says what it found and could not rewrite', () => {
    using repository = new Repository({
      'lib/a/one.ts': lines("import { gone } from './gone.js'", 'const here = fileURLToPath(import.meta.url)'),
      'lib/a/two.ts': lines('export const two = 2 // one.ts is beside it'),
      'docs/a.md': lines('All of it is in `lib/a/`.'),
    })
    const { exitCode, said } = repository.apply({ 'lib/a/one.ts': 'lib/b/first.ts' })
    expect(exitCode).toBe(0)
    expect(said).toContain('docs/a.md:1: some files of lib/a/ moved')
    expect(said).toContain('lib/b/first.ts:1: ./gone.js is not a file of the repository')
    expect(said).toContain('lib/b/first.ts:2: the file moved, and a path relative to it may be wrong')
    expect(said).toContain('lib/a/two.ts:1: a file called one.ts was renamed')
  })

  test('a table that does not fit changes nothing', () => {
    using repository = new Repository({ 'lib/a.ts': '', 'lib/b.ts': '' })
    const { exitCode, said } = repository.apply({ 'lib/a.ts': 'lib/b.ts', 'lib/c.ts': 'lib/d.ts' })
    expect(exitCode).toBe(1)
    expect(said).toBe(lines('lib/c.ts does not exist', 'lib/b.ts exists already'))
    expect(repository.files).toEqual(['biome.json', 'lib/a.ts', 'lib/b.ts'])
  })
})
