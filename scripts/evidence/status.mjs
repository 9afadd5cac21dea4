// Whether a result still speaks of the code that is there.
import { formatCounts } from '../tests/stage.mjs'

/** What is known of a result. @typedef {import('../tests/stage.mjs').Counts & { readonly tree: string, readonly on: string }} Recorded */

/** Whether a part need not run again. @param {Recorded | undefined} last @param {string} tree of now */
export const hasPassed = (last, tree) => last?.tree === tree && last.failed === 0 && last.passed > 0

/** @param {string} name @param {Recorded | undefined} last a result for which `hasPassed` */
export const skipLine = (name, last) =>
  `- ${name}: skipped, it passed on this tree on ${last?.on ?? ''} (${formatCounts(last ?? { passed: 0, failed: 0, skipped: 0 })})`

/** Why a result shows nothing of the code that is there, in a line; undefined: it does. @param {string} name @param {Recorded | undefined} last @param {string} tree */
export function complaintOf(name, last, tree) {
  if (last === undefined) return `${name}: has no result`
  if (last.tree === '') return `${name}: of ${last.on}, names no tree; the tree is ${tree} now`
  if (last.tree !== tree) return `${name}: of ${last.on}, is older than the code: its tree is ${last.tree}, the tree is ${tree} now`
  return hasPassed(last, tree) ? undefined : `${name}: of ${last.on}, did not pass: ${formatCounts(last)}`
}
