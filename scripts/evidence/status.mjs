// Whether a result is still valid for the current code.
import { formatCounts } from '../tests/stage.mjs'

/** The last known result. @typedef {import('../tests/stage.mjs').Counts & { readonly tree: string, readonly on: string }} Recorded */

/** Whether a part need not run again. @param {Recorded | undefined} last @param {string} tree of now */
export const hasPassed = (last, tree) => last?.tree === tree && last.failed === 0 && last.passed > 0

/** @param {string} name @param {Recorded | undefined} last a result for which `hasPassed` */
export const skipLine = (name, last) =>
  `- ${name}: skipped, it passed on this tree on ${last?.on ?? ''} (${formatCounts(last ?? { passed: 0, failed: 0, skipped: 0 })})`

/**
 * Why a result is not valid for the current code, in one line; undefined if it is valid.
 * @param {string} name @param {Recorded | undefined} last @param {string} tree
 */
export function complaintOf(name, last, tree) {
  if (last === undefined) return `${name}: has no result`
  if (last.tree === '') return `${name}: result of ${last.on} names no tree; the tree is now ${tree}`
  if (last.tree !== tree) return `${name}: result of ${last.on} is older than the code: its tree is ${last.tree}, the tree is now ${tree}`
  return hasPassed(last, tree) ? undefined : `${name}: run of ${last.on} did not pass: ${formatCounts(last)}`
}
