import type { BrickworkError } from '../core/errors.js'
import { type Entry, keysOf } from './entry.js'

/** The claims that could be read, and an error for each that could not. */
export interface ReadClaims {
  readonly entries: readonly Entry[]
  readonly errors: readonly BrickworkError[]
}
/** The content of a claim's file; `undefined` when it contains nothing of this boot. */
export type Claim = Entry | BrickworkError | undefined

/** All claims by file name, and by the keys that they contain. */
export class ClaimIndex {
  readonly #entries = new Map<string, Entry>()
  readonly #errors = new Map<string, BrickworkError>()
  /** Most keys are those of one claim, and a set takes much memory. */
  readonly #about = new Map<string, Entry | Set<Entry>>()

  get names(): readonly string[] {
    return [...this.#entries.keys(), ...this.#errors.keys()]
  }
  entry(name: string): Entry | undefined {
    return this.#entries.get(name)
  }
  set(name: string, claim: Claim): void {
    const before = this.#entries.get(name)
    if (before !== undefined) {
      if (before === claim) return
      this.#forget(before)
    }
    this.#entries.delete(name)
    this.#errors.delete(name)
    if (claim instanceof Error) this.#errors.set(name, claim)
    else if (claim !== undefined) {
      this.#entries.set(name, claim)
      this.#learn(claim)
    }
  }
  survey(): ReadClaims {
    return { entries: [...this.#entries.values()], errors: [...this.#errors.values()] }
  }
  /** The error of a claim that could not be read: such a claim may name any object. */
  get unread(): BrickworkError | undefined {
    return this.#errors.values().next().value
  }
  about(key: string): readonly Entry[] {
    const claims = this.#about.get(key)
    if (claims === undefined) return []
    return claims instanceof Set ? [...claims] : [claims]
  }

  #learn(entry: Entry): void {
    for (const key of keysOf(entry)) {
      const claims = this.#about.get(key)
      if (claims === undefined) this.#about.set(key, entry)
      else if (claims instanceof Set) claims.add(entry)
      else if (claims !== entry) this.#about.set(key, new Set([claims, entry]))
    }
  }
  #forget(entry: Entry): void {
    for (const key of keysOf(entry)) {
      const claims = this.#about.get(key)
      if (claims instanceof Set) claims.delete(entry)
      if (claims === entry || (claims instanceof Set && claims.size === 0)) this.#about.delete(key)
    }
  }
}
