/** Random numbers that a seed repeats. */
export interface Chance {
  /** An integer below `limit`. */
  below(limit: number): number
  one<T>(of: readonly [T, ...T[]] | readonly T[]): T
}

/** xorshift32; similar seeds give different first numbers. */
export function chance(seed: number): Chance {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const below = (limit: number) => next() % limit
  return { below, one: (of) => of[below(of.length)] as (typeof of)[number] }
}
