import type { BrickworkError } from '../core/errors.js'
import type { Entry, HostObject, Pending } from './entry.js'

/** What objects of several attachments have in common, beside their keys. */
const IN_COMMON = ['iqn', 'kernelWwid'] as const

/** What there is of claims, and an error for each that could not be read. */
export interface Survey {
  readonly entries: readonly Entry[]
  readonly errors: readonly BrickworkError[]
}
/** What a claim's file comes to; `undefined`: nothing that is of this boot. */
export type Claim = Entry | BrickworkError | undefined

/** All claims by the names of their files, and which of them speak of a thing. */
export class ClaimIndex {
  readonly #claims = new Map<string, Entry | BrickworkError>()
  readonly #about = new Map<string, Set<Entry>>()
  #survey: Survey | undefined

  get names(): readonly string[] {
    return [...this.#claims.keys()]
  }
  set(name: string, claim: Claim): void {
    const before = this.#claims.get(name)
    if (before === claim) return
    this.#survey = undefined
    if (isEntry(before)) this.#forget(before)
    if (claim === undefined) this.#claims.delete(name)
    else this.#claims.set(name, claim)
    if (isEntry(claim)) this.#learn(claim)
  }
  survey(): Survey {
    if (this.#survey !== undefined) return this.#survey
    const entries: Entry[] = []
    const errors: BrickworkError[] = []
    for (const claim of this.#claims.values()) {
      if (isEntry(claim)) entries.push(claim)
      else errors.push(claim)
    }
    return (this.#survey = { entries, errors })
  }
  about(word: string): readonly Entry[] {
    return [...(this.#about.get(word) ?? [])]
  }

  #learn(entry: Entry): void {
    for (const word of wordsOf(entry)) {
      const entries = this.#about.get(word)
      if (entries === undefined) this.#about.set(word, new Set([entry]))
      else entries.add(entry)
    }
  }
  #forget(entry: Entry): void {
    for (const word of wordsOf(entry)) {
      const entries = this.#about.get(word)
      entries?.delete(entry)
      if (entries?.size === 0) this.#about.delete(word)
    }
  }
}

function isEntry(claim: Claim): claim is Entry {
  return claim !== undefined && !(claim instanceof Error)
}
function wordsOf({ objects, pending }: Entry): Set<string> {
  return new Set([...objects, ...pending].flatMap(wordsIn))
}
function wordsIn({ key, data }: HostObject | Pending): string[] {
  return [key, ...IN_COMMON.flatMap((field) => (typeof data[field] === 'string' ? [data[field]] : []))]
}
