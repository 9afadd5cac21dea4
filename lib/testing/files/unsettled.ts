import type { Random } from '../time/random.js'

/** `coming`: attributes that are read first may not exist yet. `going`: attributes that are read last may be gone. */
type Change = 'coming' | 'going'
type Failure = 'EIO' | 'ENODEV'

/**
 * Directories of sysfs whose devices are being created or removed. Attributes are read one after another, and a device may come or go
 * between two reads (fs/kernfs/file.c, drivers/base/core.c).
 */
export class Unsettled {
  readonly #random: Random
  readonly #isMet: boolean
  readonly #directories = new Map<string, Change>()

  /** @param isMet whether reads can meet such a change at all */
  constructor(random: Random, isMet: boolean) {
    this.#random = random
    this.#isMet = isMet
  }
  /** The directory is changing from now on, until the returned function is called. */
  begin(directory: string, change: Change): () => void {
    if (this.#isMet) this.#directories.set(directory, change)
    return () => this.#directories.delete(directory)
  }
  /**
   * The failures when `count` attributes of this directory are read now, by the attribute's place in the order; `undefined` for an
   * attribute that is read well.
   */
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
