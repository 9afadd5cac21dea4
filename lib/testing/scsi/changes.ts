/** Wakes those who wait for a change of a nexus or of its disks. */
export class Changes {
  readonly #pathsChanged: () => void
  #waiting: (() => void)[] = []

  constructor(pathsChanged: () => void) {
    this.#pathsChanged = pathsChanged
  }
  /** Resolves at the next change. */
  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }
  notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
    this.#pathsChanged()
  }
}
