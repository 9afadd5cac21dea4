// Ratios of pairs that were measured one right after the other; absolute times of a shared machine say nothing.
export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)]

export function medianRatio(above, below) {
  return Number(median(above.map((each, index) => each / below[index])).toFixed(2))
}

/** @param most whether the ratio may be at most, else must be at least, the target */
export function row(id, what, against, ratio, most, target, more = {}) {
  const met = most ? ratio <= target : ratio >= target
  return { id, what, [against]: ratio, target: { [against]: target, is: most ? 'at most' : 'at least' }, ok: met, ...more }
}
export const notMeasured = (id, what, why) => ({ id, what, ok: null, why })
