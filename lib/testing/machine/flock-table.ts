import type { FakeProcess } from './process.js'

interface Request {
  readonly process: FakeProcess
  readonly grant: () => void
}
interface Stay {
  readonly process: FakeProcess
  readonly since: number
  readonly handOvers: number
}

/** As in lib/host/locks.ts. */
const HAND_OVERS = 8
const FAIR_MS = 100

/**
 * flock: a file has one holder, and the kernel frees the locks of a dead process. Requests of the holder's process come first, in order of
 * arrival. After so many hand-overs within one process, or after so much time, another process comes first.
 */
export class FlockTable {
  readonly #now: () => number
  readonly #owners = new Map<string, Stay>()
  readonly #waiting = new Map<string, Request[]>()

  constructor(now: () => number) {
    this.#now = now
  }
  /** Calls `grant` when the lock is acquired. Returns a function that withdraws the request. */
  request(file: string, process: FakeProcess, grant: () => void): () => void {
    const request = { process, grant }
    if (!this.#owners.has(file)) this.#give(file, request, undefined)
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
    const own = queue.find(({ process }) => process === last?.process)
    const other = queue.find(({ process }) => process !== last?.process)
    const isLong = last !== undefined && (last.handOvers >= HAND_OVERS || this.#now() - last.since >= FAIR_MS)
    const next = isLong ? (other ?? own) : (own ?? other)
    this.#waiting.set(
      file,
      queue.filter((request) => request !== next),
    )
    if (next !== undefined) this.#give(file, next, last)
  }
  holder(file: string): FakeProcess | undefined {
    return this.#owners.get(file)?.process
  }
  /** Files that a process has locked. */
  get lockedFiles(): string[] {
    return [...this.#owners.keys()].sort()
  }

  #give(file: string, { process, grant }: Request, last: Stay | undefined): void {
    const stays = last?.process === process
    this.#owners.set(file, { process, since: stays ? last.since : this.#now(), handOvers: stays ? last.handOvers + 1 : 0 })
    grant()
  }
  #queue(file: string): Request[] {
    const queue = this.#waiting.get(file) ?? []
    this.#waiting.set(file, queue)
    return queue
  }
}
