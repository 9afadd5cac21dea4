// Results of parts, kept in docs/evidence/results and committed: what passed, when, and on which tree.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readJson, writeJson } from '../lab/json.mjs'

/** @typedef {import('../tests/stage.mjs').Counts} Counts */
/**
 * @typedef {object} Result
 * @property {string} part
 * @property {string} tree the hash of the files that the part depends on; '' in results that are older than these hashes
 * @property {string} on the day
 * @property {number} [minutes]
 * @property {number} passed @property {number} failed @property {number} skipped
 * @property {readonly string[]} [failures] a line each
 * @property {number} [seed]
 * @property {readonly string[]} [guest] the guest's packages, as `name version`
 * @property {readonly import('../lab/rows.mjs').Row[]} [rows] of a part of the lab
 */

export const RESULTS = 'docs/evidence/results'

/** @param {string} root @param {string} part */
const fileOf = (root, part) => join(root, RESULTS, `${part}.json`)

/** @param {string} root @param {string} part @returns {Result | undefined} */
export function readResult(root, part) {
  const file = fileOf(root, part)
  return existsSync(file) ? /** @type {Result} */ (readJson(file)) : undefined
}

/** @param {string} root @param {Result} result */
export function writeResult(root, result) {
  const file = fileOf(root, result.part)
  mkdirSync(dirname(file), { recursive: true })
  writeJson(file, result)
}
