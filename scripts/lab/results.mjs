// Reads, counts and compares the outcomes of scenarios in the guest and of their twins over FakeHost.
import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { readJson } from './json.mjs'

/** @typedef {import('../../test/play/scenario.js').Outcome} Outcome */

/** @param {string} file @returns {Outcome[]} none if the program wrote no outcome */
export function readOutcomes(file) {
  return existsSync(file) ? /** @type {Outcome[]} */ (readJson(file)) : []
}

/** @param {Pick<Outcome, 'name' | 'phase'>} outcome */
export const label = ({ name, phase }) => (phase === 'run' ? name : `${name} (after the reboot)`)

/**
 * The differences between the two worlds, one line each.
 * @param {Outcome} real @param {Outcome} fake
 */
export function differences(real, fake) {
  /** @param {Outcome} outcome */
  const noted = (outcome) => outcome.noted.map(({ what, value }, index) => [`${index + 1}. ${what}`, value])
  return [
    ...between('noted', Object.fromEntries(noted(real)), Object.fromEntries(noted(fake))),
    ...between('leftovers', real.leftovers, fake.leftovers),
    ...between('journal', real.journal, fake.journal),
  ]
}

/** @param {string} path @param {unknown} real @param {unknown} fake @returns {string[]} */
function between(path, real, fake) {
  if (isDeepStrictEqual(real, fake)) return []
  if (!isObject(real) || !isObject(fake) || Array.isArray(real) !== Array.isArray(fake))
    return [`${path}: in the guest ${show(real)}, over FakeHost ${show(fake)}`]
  const keys = [...new Set([real, fake].flatMap((each) => Object.keys(each)))]
  return keys.flatMap((key) => between(`${path} › ${key}`, real[key], fake[key]))
}
/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null
/** @param {unknown} value */
const show = (value) => (value === undefined ? 'nothing' : JSON.stringify(value))

/** The counts and the closing lines. */
export class Tally {
  passed = 0
  skipped = 0
  /** @type {string[]} */
  failed = []

  /** @param {string} what @param {boolean} ok @param {string} [why] its first line is printed at the end */
  count(what, ok, why = '') {
    if (ok) this.passed++
    else this.failed.push(why === '' ? what : `${what}: ${why.split('\n', 1).join('')}`)
  }
  /** @param {string} what @param {string} why */
  skip(what, why) {
    this.skipped++
    console.log(`skip ${what}: ${why}`)
  }
  say() {
    if (this.failed.length > 0) console.log(`\nFailed:\n${this.failed.map((each) => `  ${each}`).join('\n')}`)
    console.log(`${this.passed} passed, ${this.failed.length} failed, ${this.skipped} skipped`)
  }
}
