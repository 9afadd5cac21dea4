/** A table of renamed words is applied to snapshots, and nothing else in them changes. */
import { describe, expect, test } from 'vitest'
import { Repository } from './repository.js'

const SNAPSHOT = 'test/__snapshots__/a.test.ts.snap'
const before = `// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html

exports[\`suite > proves the disk 1\`] = \`
[
  {
    "left": [],
    "step": "prove",
    "what": "attach before prove",
    "zone": {
      "b": 1,
      "left": 2,
      "prove": 3,
    },
  },
  "proven",
]
\`;
`

describe('npm run moves -- snapshots', () => {
  test('renames whole strings, words and titles, and prints the count for each', () => {
    using repository = new Repository({ [SNAPSHOT]: before, 'lib/a.ts': "export const step = 'prove'\n" })
    const steps = { prove: 'verify' }
    const words = { prove: 'verify' }
    const keys = { left: 'remaining' }
    repository.write({ 'words.json': JSON.stringify({ steps, words, keys, titles: { 'proves the disk': 'verifies the disk' } }) })
    const { exitCode, said } = repository.moves('snapshots', 'words.json')
    expect(exitCode).toBe(0)
    expect(said.split('\n').map((line) => line.trim())).toEqual([
      '2  steps: prove → verify',
      '1  words: prove → verify',
      '2  keys: left → remaining',
      '1  titles: proves the disk → verifies the disk',
      '',
    ])
    expect(repository.read(SNAPSHOT)).toBe(`// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html

exports[\`suite > verifies the disk 1\`] = \`
[
  {
    "remaining": [],
    "step": "verify",
    "what": "attach before verify",
    "zone": {
      "b": 1,
      "remaining": 2,
      "verify": 3,
    },
  },
  "proven",
]
\`;
`)
    expect(repository.read('lib/a.ts')).toBe("export const step = 'prove'\n")
  })

  test('the entries of an object are in the order of their new names, as vitest prints them', () => {
    using repository = new Repository({ [SNAPSHOT]: before })
    repository.write({ 'words.json': JSON.stringify({ keys: { left: 'x', step: 'a' } }) })
    repository.moves('snapshots', 'words.json')
    expect(repository.read(SNAPSHOT)).toContain(`  {
    "a": "prove",
    "what": "attach before prove",
    "x": [],
    "zone": {
      "b": 1,
      "prove": 3,
      "x": 2,
    },
  },
`)
  })

  test('a word that is nowhere fails', () => {
    using repository = new Repository({ [SNAPSHOT]: before })
    repository.write({ 'words.json': JSON.stringify({ steps: { settle: 'wait-ready' } }) })
    expect(repository.moves('snapshots', 'words.json')).toEqual({ exitCode: 1, said: '    0  steps: settle → wait-ready\n' })
    expect(repository.read(SNAPSHOT)).toBe(before)
  })
})
