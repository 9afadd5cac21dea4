// npm run test:cpp: the unit tests of native/core with AddressSanitizer and UndefinedBehaviorSanitizer, those of its threads with
// ThreadSanitizer too, and the fuzzers for some seconds where Clang is. Ends with the line `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { buildWithCmake } from './build-native.mjs'

const FUZZERS = ['uevent_fuzz', 'helper_frame_fuzz', 'map_answer_fuzz']
const counts = { passed: 0, failed: 0, skipped: 0 }

/** @param {string} name @param {Record<string, string>} definitions @param {string[]} [options] */
function build(name, definitions, options) {
  const started = performance.now()
  const folder = buildWithCmake(name, definitions, options)
  console.log(`· ${name}: built (${seconds(started)})`)
  return folder
}

/** Every line of ctest's that a test case of ours wrote counts; a program that ends badly counts too, were it only for a sanitizer. @param {string} name @param {string} folder */
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
  if (result.status === 0 && passed > 0) return console.log(`✔ ${name}: ${passed} passed (${seconds(started)})`)
  if (failed.length === 0) counts.failed++
  console.log(`✘ ${name}: ${result.error?.message ?? ''}\n${output}`)
}

/** @param {number} started */
function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}

/** @param {string} folder */
function fuzz(folder) {
  for (const target of FUZZERS) {
    const result = spawnSync(`${folder}/fuzz/${target}`, ['-max_total_time=5', '-max_len=4096'], { cwd: folder, encoding: 'utf8' })
    counts[result.status === 0 ? 'passed' : 'failed']++
    const last = result.stderr?.trimEnd().split('\n').at(-1) ?? result.error?.message
    console.log(result.status === 0 ? `✔ ${target}: ${last}` : `✘ ${target}\n${result.stdout}${result.stderr}`)
  }
}

try {
  run('address, undefined', build('asan', { SANITIZE: 'address,undefined' }))
  run('thread', build('tsan', { SANITIZE: 'thread' }))
  const clang = ['clang++', 'clang++-14'].find((name) => spawnSync(name, ['--version']).status === 0)
  if (clang !== undefined) {
    fuzz(build('fuzz', { SANITIZE: 'address,undefined', FUZZ: 'ON' }, ['--cxx', clang]))
  } else {
    counts.skipped += FUZZERS.length
    console.log(`- ${FUZZERS.join(', ')}: skipped, they need clang++ with libFuzzer`)
  }
} catch (error) {
  counts.failed++
  console.log(error instanceof Error ? error.message : error)
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed === 0 ? 0 : 1
