import type { FakeProcess } from './process.js'

interface Request {
  readonly process: FakeProcess
  readonly grant: () => void
}

/** flock: one holder a file, the kernel frees what a dead process held. Within a process first come, first served, and before other processes. */
export class FlockTable {
  readonly #owners = new Map<string, FakeProcess>()
  readonly #waiting = new Map<string, Request[]>()

  /** Calls `grant` when the lock is had; the answer takes the request back. */
  request(file: string, process: FakeProcess, grant: () => void): () => void {
    const request = { process, grant }
    if (!this.#owners.has(file)) this.#give(file, request)
    else this.#queue(file).push(request)
    return () => {
      const queue = this.#queue(file)
      const place = queue.indexOf(request)
      if (place >= 0) queue.splice(place, 1)
    }
  }
  release(file: string): void {
    const last = this.#owners.get(file)
    this.#owners.delete(file)
    const queue = this.#queue(file).filter(({ process }) => process.alive)
    const next = queue.find(({ process }) => process === last) ?? queue[0]
    this.#waiting.set(
      file,
      queue.filter((request) => request !== next),
    )
    if (next !== undefined) this.#give(file, next)
  }
  /** Files that a process has locked. */
  get lockedFiles(): string[] {
    return [...this.#owners.keys()].sort()
  }

  #give(file: string, { process, grant }: Request): void {
    this.#owners.set(file, process)
    grant()
  }
  #queue(file: string): Request[] {
    const queue = this.#waiting.get(file) ?? []
    this.#waiting.set(file, queue)
    return queue
  }
}
