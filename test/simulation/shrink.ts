/** Leaves out steps as long as the same promise is still broken. */
import { simulate } from './simulate.js'

export async function shrink(seed: number, ops: number, invariant: string, steps?: readonly number[]): Promise<number[]> {
  let kept = [...(steps ?? Array.from({ length: ops }, (_, index) => index))]
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)]
      const chosen = new Set(fewer)
      const { failure } = await simulate(seed, ops, (index) => chosen.has(index))
      if (failure?.invariant === invariant) kept = fewer
      else from += size
    }
  }
  return kept
}
