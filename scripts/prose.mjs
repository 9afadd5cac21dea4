// npm run prose [-- FILE…]: checks that documents, comments and messages are plain English: no sentence over 35 words, none of the words of
// scripts/prose/terms.json. The last line is the sum.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from './tests/stage.mjs'
import { runMain } from './main.mjs'
import { lintFile } from './prose/lint.mjs'

const CHECKED = /\.(?:md|ts|mjs|cc|c|h|sh|py)$|^CMakeLists\.txt$/
/** Records of tests and reviews, which quote titles of tests. */
const RECORDS = /^docs\/(?:evidence\/|decisions\/reviews\.md)/
/** Files whose strings are messages. */
const WITH_MESSAGES = /^(?:lib|scripts)\//

/** @param {string} file */
const isChecked = (file) => CHECKED.test(file) && !RECORDS.test(file)

async function main() {
  const named = process.argv.slice(2)
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: CHECKOUT, encoding: 'utf8' })
  const files = (named.length > 0 ? named : listed.split('\0').filter(isChecked)).filter((file) => existsSync(join(CHECKOUT, file)))
  let [passed, failed] = [0, 0]
  for (const file of files) {
    const findings = await lintFile(file, readFileSync(join(CHECKOUT, file), 'utf8'), { messages: WITH_MESSAGES.test(file) })
    for (const { line, message } of findings) console.log(`✘ ${file}:${line} ${message}`)
    if (findings.length === 0) passed += 1
    else failed += 1
  }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`)
  return failed === 0 ? 0 : 1
}

await runMain(main)
