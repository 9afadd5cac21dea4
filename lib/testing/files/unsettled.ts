import type { Random } from '../time/random.js'

/** `coming`: what is read first may not be there yet. `going`: what is read last may be gone. */
type Change = 'coming' | 'going'
type Failure = 'EIO' | 'ENODEV'

/**
 * Directories of sysfs whose devices are being made or taken away. Attributes are read one after another, and a device comes or goes in the middle of
 * that (fs/kernfs/file.c, drivers/base/core.c).
 */
export class Unsettled {
  readonly #random: Random
  readonly #isMet: boolean
  readonly #directories = new Map<string, Change>()

  /** @param isMet whether there are reads in the middle of a change at all */
  constructor(random: Random, isMet: boolean) {
    this.#random = random
    this.#isMet = isMet
  }
  /** From now on, until the answer is called. */
  begin(directory: string, change: Change): () => void {
    if (this.#isMet) this.#directories.set(directory, change)
    return () => this.#directories.delete(directory)
  }
  /** What reads of so many attributes of this directory fail with now, by their place in the order; `undefined`: such a one is read. */
  failuresIn(directory: string, count: number): (place: number) => Failure | undefined {
    const change = this.#changeOf(directory)
    if (change === undefined) return () => undefined
    const cut = this.#random.below(count + 1)
    return (place) => {
      const fails = change === 'coming' ? place < cut : place >= cut
      if (!fails) return undefined
      return this.#random.below(2) === 0 ? 'EIO' : 'ENODEV'
    }
  }

  #changeOf(directory: string): Change | undefined {
    if (this.#directories.size === 0) return undefined
    return [...this.#directories].find(([above]) => `${directory}/`.startsWith(`${above}/`))?.[1]
  }
}
