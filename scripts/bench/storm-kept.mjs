// The measured rows, kept in docs/evidence/bench. Parties take turns within a row, so each row is independent of the others.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, writeJson } from '../lab/json.mjs'
import { CHECKOUT } from '../setup.mjs'
import { pageOf } from './storm-page.mjs'
import { rowsOf } from './storm-report.mjs'
import { reportOf } from './storm-tables.mjs'

/** @typedef {import('./storm-report.mjs').Row} Row */
/** @typedef {import('./storm-report.mjs').Measured} Measured */

const DOCS = join(CHECKOUT, 'docs/evidence/bench')
const FILE = join(DOCS, 'storm.json')

/** @returns {readonly Measured[]} */
export function keptRows() {
  return existsSync(FILE) ? /** @type {{ measured: Measured[] }} */ (readJson(FILE)).measured : []
}

/**
 * Whether a row is up to date and need not be measured again. It may miss its target.
 * @param {Pick<Measured, 'tree' | 'failures'> | undefined} last @param {string} tree of now
 */
export const isMeasured = (last, tree) => last?.tree === tree && last.failures.length === 0

/** Replaces the row's earlier result. @param {readonly Row[]} all @param {Measured} row */
export function keep(all, row) {
  write(all, withRow(all, keptRows(), row))
}
/** Writes the report and the page again. @param {readonly Row[]} all @param {readonly Measured[]} measured */
export function write(all, measured) {
  const rows = rowsOf(all, measured)
  mkdirSync(DOCS, { recursive: true })
  writeJson(FILE, { bench: 'storm', rows, measured })
  writeFileSync(join(DOCS, 'storm.md'), reportOf(all, rows, measured))
  writeFileSync(join(DOCS, 'storm.html'), pageOf(all, rows, measured))
}

/**
 * Rows of one report come from one tree: a row of another tree is dropped. Sorted in the order of `all`.
 * @template {Pick<Measured, 'id' | 'tree'>} T
 * @param {readonly Row[]} all @param {readonly T[]} before @param {T} row @returns {T[]}
 */
export const withRow = (all, before, row) =>
  all.flatMap(({ id }) => (id === row.id ? [row] : before.filter((each) => each.id === id && each.tree === row.tree).slice(0, 1)))
