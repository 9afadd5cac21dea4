/** Random choices with a seed. Each step has its own generator, so that a step decides the same when others are left out. */
import { Random } from '../../lib/testing/time/random.js'

export class Chance {
  readonly #random: Random

  constructor(seed: number, step: number) {
    this.#random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(step + 1, 0x85ebca6b))
    this.#random.next()
  }
  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#random.below(high - low + 1)
  }
  percent(share: number): boolean {
    return this.#random.next() * 100 < share
  }
  one<T>(choices: readonly T[]): T | undefined {
    return choices[this.#random.below(choices.length)]
  }
  /** Chooses from a list that cannot be empty. */
  of<T>(first: T, ...more: readonly T[]): T {
    return this.one([first, ...more]) ?? first
  }
  /** Chooses by weights. */
  weighed<T extends { readonly weight: number }>(choices: readonly T[]): T | undefined {
    let rest = this.#random.next() * choices.reduce((sum, { weight }) => sum + weight, 0)
    return choices.find(({ weight }) => (rest -= weight) < 0)
  }
}
