// A share of a list, for runs that are split.
/**
 * @template T
 * @param {readonly T[]} all @param {string} share `K/N` @returns {readonly T[]} every Nth, from the Kth on
 */
export function shareOf(all, share) {
  const [, first, of] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(share) ?? []
  if (first === undefined || Number(first) > Number(of)) throw new Error(`--share ${share}: write K/N, with K from 1 to N`)
  return all.filter((_, index) => index % Number(of) === Number(first) - 1)
}
