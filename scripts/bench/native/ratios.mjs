// Ratios of pairs that were measured one right after the other; absolute times of a shared machine say nothing.

/**
 * What a row of the result says: `bound`, `peer` and the like are ratios against somebody else's time.
 * @typedef {{ id: string, what: string, ok: boolean | null, why?: string, target?: Record<string, number | string> } & Record<string, unknown>} Row
 */

/** @param {readonly number[]} list */
export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? NaN

/** @param {readonly number[]} above @param {readonly number[]} below */
export function medianRatio(above, below) {
  return Number(median(above.map((each, index) => each / (below[index] ?? NaN))).toFixed(2))
}

/**
 * @param {string} id @param {string} what @param {string} against @param {number} ratio
 * @param {boolean} most whether the ratio may be at most, else must be at least, the target
 * @param {number} target @param {Record<string, unknown>} [more] @returns {Row}
 */
export function row(id, what, against, ratio, most, target, more = {}) {
  const met = most ? ratio <= target : ratio >= target
  return { id, what, [against]: ratio, target: { [against]: target, is: most ? 'at most' : 'at least' }, ok: met, ...more }
}
/** @param {string} id @param {string} what @param {string} why @returns {Row} */
export const notMeasured = (id, what, why) => ({ id, what, ok: null, why })
