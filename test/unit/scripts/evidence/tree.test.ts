/** The hash of a result's tree changes with the files that the result depends on, and with nothing else. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { filesOf, forgetFiles, hashOf, treeOf } from '../../../../scripts/evidence/tree.mjs'

const scope = { paths: ['lib', 'test'], without: ['test/other', 'test/scenarios'], entries: ['test/scenarios/one.ts'] }
const lock = (zod: string, vitest: string) =>
  JSON.stringify({
    packages: {
      '': { version: '0.1.0' },
      'node_modules/zod': { version: zod },
      'node_modules/vitest': { version: vitest, dev: true },
    },
  })

let root = ''
const put = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const tree = () => {
  forgetFiles()
  return treeOf(root, scope)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brickwork-tree-'))
  put('lib/index.ts', 'export {}\n')
  put('lib/README.md', '# Library\n')
  put('test/world.ts', 'export const world = 1\n')
  put('test/other/helper.ts', 'export const helper = 1\n')
  put('test/other/unused.ts', 'export const unused = 1\n')
  put('test/scenarios/one.ts', "import { helper } from '../other/helper.js'\nexport const one = helper\n")
  put('test/scenarios/two.ts', 'export const two = 2\n')
  put('package-lock.json', lock('4.0.0', '4.0.0'))
  put('.gitignore', 'lib/made.ts\n')
  execFileSync('git', ['init', '--quiet'], { cwd: root })
  execFileSync('git', ['add', 'lib', 'test'], { cwd: root })
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

test('the files are those of the paths, and what an entry imports from a folder that is left out', () => {
  expect(filesOf(root, scope).sort()).toEqual(['lib/index.ts', 'test/other/helper.ts', 'test/scenarios/one.ts', 'test/world.ts'])
})

test('a file that an entry starts counts, and a fixture that it names', () => {
  put('test/other/started.ts', 'export {}\n')
  put('test/fixtures/packed.tar.gz', 'packed')
  put(
    'test/scenarios/one.ts',
    "const started = new URL('../other/started.js', import.meta.url)\nconst packed = `${ROOT}/test/fixtures/packed.tar.gz`\n",
  )
  const without = [...scope.without, 'test/fixtures']
  expect(filesOf(root, { ...scope, without }).sort()).toEqual([
    'lib/index.ts',
    'test/fixtures/packed.tar.gz',
    'test/other/started.ts',
    'test/scenarios/one.ts',
    'test/world.ts',
  ])
})

describe('the tree is another one', () => {
  test.each([
    ['after a change that is not committed', 'lib/index.ts'],
    ['with a new file that is not committed', 'lib/new.ts'],
    ['after a change in what an entry imports', 'test/other/helper.ts'],
  ])('%s', (_, path) => {
    const before = tree()
    put(path, 'export const changed = 1\n')
    expect(tree()).not.toBe(before)
  })
  test.each([
    ['TypeScript', 'lib/code.ts', "export const a = 'b // c'\n", "export const a = 'b // d'\n"],
    ['C++', 'lib/code.cc', 'auto a = "b // c";\n', 'auto a = "b // d";\n'],
    ['C++, in a line without a comment', 'lib/code.cc', '/* a */ int b = 1;\n', '/* a */ int b = 2;\n'],
    ['what has no comments that it knows', 'lib/code.json', '{}\n', '{ }\n'],
  ])('after a change in the code of %s', (_, path, old, next) => {
    put(path, old)
    const before = tree()
    put(path, next)
    expect(tree()).not.toBe(before)
  })
  test('without a file that was there', () => {
    const before = tree()
    rmSync(join(root, 'test/world.ts'))
    expect(tree()).not.toBe(before)
  })
  test('with another version of a package that the library needs', () => {
    const before = tree()
    put('package-lock.json', lock('4.0.1', '4.0.0'))
    expect(tree()).not.toBe(before)
  })
})

describe('the tree stays the same', () => {
  test.each([
    ['after a change in a document', 'lib/README.md'],
    ['after a change in a file that is left out', 'test/other/unused.ts'],
    ['after a change in another family', 'test/scenarios/two.ts'],
    ['with a file that git ignores', 'lib/made.ts'],
    ['with a file elsewhere', 'docs/page.ts'],
  ])('%s', (_, path) => {
    const before = tree()
    put(path, 'export const changed = 1\n')
    expect(tree()).toBe(before)
  })
  test.each([
    ['TypeScript', 'lib/code.ts', '/** a */\nexport const a = 1 // b\n', '/** c */ export const a: 1 = 1 // d\n'],
    ['C++', 'lib/code.cc', "// it's\nint a = 1; /* b */\n", '// its\nint a = 1; /* c\n   d */\n'],
  ])('after a change in comments and types of %s', (_, path, old, next) => {
    put(path, old)
    const before = tree()
    put(path, next)
    expect(tree()).toBe(before)
  })
  test('with another version of a tool', () => {
    const before = tree()
    put('package-lock.json', lock('4.0.0', '5.0.0'))
    expect(tree()).toBe(before)
  })
  test('in whichever order files are listed', () => {
    const [one, two] = [
      { path: 'a', digest: '1' },
      { path: 'b', digest: '2' },
    ]
    expect(hashOf([one, two])).toBe(hashOf([two, one]))
  })
})

test('who moves a file has another tree', () => {
  expect(hashOf([{ path: 'a', digest: '1' }])).not.toBe(hashOf([{ path: 'b', digest: '1' }]))
})
