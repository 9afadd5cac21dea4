/** docs/evidence/requirements.json is complete, and its statements about tests are true. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')
interface Entry {
  readonly id: string
  readonly requirement: string
  readonly connectors: readonly string[]
  readonly tests?: readonly string[]
  readonly reason?: string
}
type ComplaintsOf = (root: string, entries: readonly Entry[]) => readonly string[]
const { complaintsOf } = (await import(pathToFileURL(join(ROOT, 'scripts/requirements/complaints.mjs')).href)) as {
  complaintsOf: ComplaintsOf
}
const catalogue = JSON.parse(readFileSync(join(ROOT, 'docs/evidence/requirements.json'), 'utf8')) as readonly Entry[]
const but = (id: string, change: Partial<Entry>) => catalogue.map((entry) => (entry.id === id ? { ...entry, ...change } : entry))

/** The output of the command, and its exit code. */
function check(...words: string[]): Promise<{ exitCode: number; said: string }> {
  const argv = [join(ROOT, 'scripts/requirements.mjs'), '--check', ...words]
  return new Promise((done) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      done({ exitCode: error === null ? 0 : Number(error.code), said: stdout + stderr })
    })
  })
}

describe('the catalogue of requirements', { timeout: 60_000 }, () => {
  test('names every requirement once, with tests that are there or a reason; the document is made of it', async () => {
    expect(await check()).toEqual({ exitCode: 0, said: expect.stringMatching(/^\d+ requirements: \d+ tested/) as string })
  })
  test('of another wording is not what the document was made of', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'brickwork-requirements-'))
    try {
      const file = join(folder, 'requirements.json')
      writeFileSync(file, JSON.stringify(but('P3', { requirement: 'Portals are logged in to one by one' })))
      const said = expect.stringContaining('docs/evidence/requirements.md is out of date') as string
      expect(await check('--file', file)).toEqual({ exitCode: 1, said })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  test.each<[string, readonly Entry[]]>([
    ['P3 is missing', catalogue.filter(({ id }) => id !== 'P3')],
    ['P17 is unknown', [...catalogue, { id: 'P17', requirement: 'Something else', connectors: ['all'], reason: 'not yet' }]],
    ['P3 appears twice', [...catalogue, ...catalogue.filter(({ id }) => id === 'P3')]],
    ['P3 has neither tests nor a reason why not', but('P3', { tests: [] })],
    ['P3 has tests and a reason why not', but('P3', { reason: 'not yet' })],
    ['P3 names an unknown connector', but('P3', { connectors: ['carrier pigeon'] })],
    ...['test/fake/iscsi.test.ts › nothing of the kind', 'test/fake/nowhere.test.ts › nothing', 'lab: nothing-of-the-kind'].map(
      (name): [string, readonly Entry[]] => [`P3 names a test that does not exist: ${name}`, but('P3', { tests: [name] })],
    ),
  ])('is refused: %s', (complaint, entries) => {
    expect(complaintsOf(ROOT, entries)).toEqual([complaint])
  })
})
