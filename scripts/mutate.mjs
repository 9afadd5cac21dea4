// npm run mutate [-- NAME… | --share K/N | --write]: each patch of test/mutations breaks one requirement in a copy of the sources, and the test
// that it names must fail. Before that, all of these tests must pass without any patch. `--share 2/4` runs every fourth patch, from the second on.
// With --write the table goes to docs/evidence/mutations.md; the mutations that were not run keep their last verdict there.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { applyPatch } from './mutations/apply.mjs'
import { readJson } from './lab/json.mjs'
import { runMain } from './main.mjs'
import { complaintsOf, mutations } from './mutations/patches.mjs'
import { shareOf } from './mutations/share.mjs'
import { STRICT } from './tests/vitest.mjs'

/** @typedef {import('./mutations/patches.mjs').Mutation} Mutation */
/** @typedef {Mutation & { verdict: string }} Row */

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/evidence/mutations.md')
const COPIED = ['lib', 'test', 'docs', 'scripts/generate', 'package.json', 'vitest.config.ts', 'tsconfig.json', 'tsconfig.test.json']

function copyOfSources() {
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-mutate-'))
  for (const each of COPIED) cpSync(join(ROOT, each), join(folder, each), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** A test that a broken library keeps from ending fails after this time. Its clean-up may take as long again. */
const HANGS_MS = 60_000
/** Ends a run that does not end by itself even so. */
const PATIENCE_MS = 300_000

/**
 * Runs these tests in the copy. In threads, so that killing the process ends the tests too.
 * @param {string} folder @param {readonly Mutation['test'][]} tests
 */
async function run(folder, tests) {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const names = tests.map(({ name }) => name.replaceAll(' > ', ' ').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const files = [...new Set(tests.map(({ file }) => file))]
  const words = [
    'run',
    ...STRICT,
    ...files,
    '-t',
    `(${names.join('|')})$`,
    '--pool=threads',
    `--testTimeout=${HANGS_MS}`,
    `--hookTimeout=${HANGS_MS}`,
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const options = { cwd: folder, timeout: PATIENCE_MS, killSignal: /** @type {const} */ ('SIGKILL'), maxBuffer: 2 ** 26 }
  await new Promise((resolve) => execFile('node_modules/.bin/vitest', words, options, resolve))
  if (!existsSync(report)) return { passed: 0, failed: 0 }
  const counts = /** @type {{ numPassedTests: number, numFailedTests: number }} */ (readJson(report))
  const { numPassedTests: passed, numFailedTests: failed } = counts
  return { passed, failed }
}

/** @param {string} folder @param {Mutation} mutation */
async function verdict(folder, { file, test }) {
  try {
    applyPatch(folder, file)
  } catch {
    return 'does not apply any more'
  }
  try {
    const { passed, failed } = await run(folder, [test])
    return failed > 0 ? 'red' : passed > 0 ? 'stays green' : 'does not run'
  } finally {
    applyPatch(folder, file, '--reverse')
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean', default: false }, share: { type: 'string', default: '1/1' } },
  })
  const all = mutations(ROOT)
  const asked = shareOf(all, values.share)
  const unknown = positionals.filter((name) => !all.some((each) => each.name === name))
  const complaints = [...complaintsOf(ROOT, all), ...unknown.map((name) => `Unknown mutation: ${name}`)]
  for (const complaint of complaints) console.error(complaint)
  if (complaints.length > 0) return 1
  const chosen = positionals.length === 0 ? asked : asked.filter(({ name }) => positionals.includes(name))
  const folder = copyOfSources()
  /** @type {Row[]} */
  const rows = []
  try {
    const { passed, failed } = await run(
      folder,
      chosen.map(({ test }) => test),
    )
    console.log(`Without any patch: ${passed} passed, ${failed} failed`)
    if (failed > 0 || passed === 0) return 1
    for (const mutation of chosen) {
      const ended = await verdict(folder, mutation)
      rows.push({ ...mutation, verdict: ended })
      console.log(`${ended === 'red' ? '✔' : '✘'} ${mutation.name}: ${ended}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const red = rows.filter((row) => row.verdict === 'red').length
  const sum = `${red} passed, ${rows.length - red} failed, ${asked.length - rows.length} skipped`
  if (values.write) writeFileSync(PAGE, documentOf(withLast(all, rows, readFileSync(PAGE, 'utf8'))))
  console.log(sum)
  return red === rows.length ? 0 : 1
}

/**
 * All mutations, those without a new verdict with the one of the page.
 * @param {readonly Mutation[]} all @param {readonly Row[]} rows @param {string} page @returns {Row[]}
 */
function withLast(all, rows, page) {
  const last = new Map([...page.matchAll(/^\| `([^`]+)` \|.*\| (?:\*\*)?([^|*]+?)(?:\*\*)? \|$/gm)].map(([, name, said]) => [name, said]))
  return all.map((mutation) => {
    const verdict = last.get(mutation.name) === RED ? 'red' : (last.get(mutation.name) ?? 'never run')
    return rows.find(({ name }) => name === mutation.name) ?? { ...mutation, verdict }
  })
}
const RED = 'goes red'

/** @param {readonly Row[]} rows */
function documentOf(rows) {
  /** @param {string} text */
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
  const red = rows.filter(({ verdict: ended }) => ended === 'red').length
  return [
    '# Mutations',
    '',
    'Each patch of `test/mutations` breaks one [requirement](requirements.md) of the library in a copy of its sources; the test that it names must go',
    'red. `npm run mutate` runs them all, `npm run mutate -- NAME` some; `npm run mutate -- --write` writes this file. A unit test checks that every',
    'patch still applies and that its test is there.',
    '',
    `${rows.length} mutations: ${red} go red, ${rows.length - red} do not.`,
    '',
    '| mutation | what it breaks | requirement | test | the test |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ name, why, requirement, test, verdict: ended }) =>
        `| \`${name}\` | ${cell(why)} | ${requirement} | ${test.file} › ${cell(test.name)} | ${ended === 'red' ? RED : `**${ended}**`} |`,
    ),
    '',
  ].join('\n')
}

await runMain(main)
