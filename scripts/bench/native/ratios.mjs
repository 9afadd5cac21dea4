// Ratios of pairs that were measured one right after the other. Absolute times on a shared machine are not comparable.

/**
 * A row of the result. `bound`, `peer` and similar keys are ratios to the time of another program.
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
 * @param {boolean} most true: the ratio must be at most the target; false: at least
 * @param {number} target @param {Record<string, unknown>} [more] @returns {Row}
 */
export function row(id, what, against, ratio, most, target, more = {}) {
  const met = most ? ratio <= target : ratio >= target
  return { id, what, [against]: ratio, target: { [against]: target, is: most ? 'at most' : 'at least' }, ok: met, ...more }
}
/** @param {string} id @param {string} what @param {string} why @returns {Row} */
export const notMeasured = (id, what, why) => ({ id, what, ok: null, why })
