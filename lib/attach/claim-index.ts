import type { Entry, HostObject, Pending } from './entry.js'

/** What objects of several attachments have in common, beside their keys. */
const IN_COMMON = ['iqn', 'kernelWwid'] as const

/** Which claims speak of a thing. Of a thousand claims hardly any has changed since the last look: only those are taken in hand. */
export class ClaimIndex {
  #entries: ReadonlyMap<string, Entry> = new Map()
  readonly #about = new Map<string, Entry[]>()

  /** Claims by the names of their files: all that there are. */
  update(entries: ReadonlyMap<string, Entry>): void {
    for (const [name, entry] of this.#entries) if (entries.get(name) !== entry) this.#forget(entry)
    for (const [name, entry] of entries) if (this.#entries.get(name) !== entry) this.#learn(entry)
    this.#entries = entries
  }
  about(word: string): readonly Entry[] {
    return [...(this.#about.get(word) ?? [])]
  }

  #learn(entry: Entry): void {
    for (const word of wordsOf(entry)) {
      const entries = this.#about.get(word)
      if (entries === undefined) this.#about.set(word, [entry])
      else entries.push(entry)
    }
  }
  #forget(entry: Entry): void {
    for (const word of wordsOf(entry)) {
      const left = (this.#about.get(word) ?? []).filter((each) => each !== entry)
      if (left.length === 0) this.#about.delete(word)
      else this.#about.set(word, left)
    }
  }
}

function wordsOf({ objects, pending }: Entry): Set<string> {
  return new Set([...objects, ...pending].flatMap(wordsIn))
}
function wordsIn({ key, data }: HostObject | Pending): string[] {
  return [key, ...IN_COMMON.flatMap((field) => (typeof data[field] === 'string' ? [data[field]] : []))]
}
