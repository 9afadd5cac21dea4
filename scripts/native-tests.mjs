// npm run test:cpp: runs the unit tests of native/core with AddressSanitizer and UndefinedBehaviorSanitizer, and the tests of its threads
// with ThreadSanitizer too. Then it runs each fuzzer for some seconds (`-- --fuzz-seconds 600` for longer). The last line is
// `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { buildWithCmake } from './build-native.mjs'
import { fuzzCompiler } from './fuzz-compiler.mjs'
import { FUZZERS, fuzz } from './tests/fuzz.mjs'
import { formatCounts, sum } from './tests/stage.mjs'

const { values } = parseArgs({ options: { 'fuzz-seconds': { type: 'string', default: '4' } } })
const counts = { passed: 0, failed: 0, skipped: 0 }

/** @param {string} name @param {Record<string, string>} definitions @param {string[]} [options] */
function build(name, definitions, options) {
  const started = performance.now()
  const folder = buildWithCmake(name, definitions, options)
  console.log(`· ${name}: built (${seconds(started)})`)
  return folder
}

/**
 * Counts the lines that our test cases print in ctest's output. A program that fails without such a line, for example by a sanitizer,
 * counts as one failure.
 * @param {string} name @param {string} folder
 */
function run(name, folder) {
  const started = performance.now()
  const result = spawnSync('ctest', ['--test-dir', folder, '--verbose', '--timeout', '120'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1', TSAN_OPTIONS: 'halt_on_error=1', UBSAN_OPTIONS: 'print_stacktrace=1' },
  })
  const output = `${result.stdout}${result.stderr}`
  const passed = output.match(/^\d+: ok - /gm)?.length ?? 0
  const failed = output.match(/^\d+: not ok - .*/gm) ?? []
  counts.passed += passed
  counts.failed += failed.length
  if (result.status === 0 && passed > 0) {
    console.log(`✔ ${name}: ${passed} passed (${seconds(started)})`)
    return
  }
  if (failed.length === 0) counts.failed++
  console.log(`✘ ${name}: ${result.error?.message ?? ''}\n${output}`)
}

/** @param {number} started */
function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}

try {
  run('address, undefined', build('asan', { SANITIZE: 'address,undefined' }))
  run('thread', build('tsan', { SANITIZE: 'thread' }))
  const clang = fuzzCompiler()
  if (clang !== undefined) {
    const folder = build('fuzz', { SANITIZE: 'address,undefined', FUZZ: 'ON' }, ['--cxx', clang])
    Object.assign(counts, sum([counts, await fuzz(folder, Number(values['fuzz-seconds']))]))
  } else {
    counts.skipped += FUZZERS.length
    console.log(`- ${FUZZERS.join(', ')}: skipped, they need clang++ with libFuzzer (\`npm run setup\` as root installs it)`)
  }
} catch (error) {
  counts.failed++
  console.log(error instanceof Error ? error.message : error)
}
console.log(formatCounts(counts))
process.exitCode = counts.failed === 0 ? 0 : 1
