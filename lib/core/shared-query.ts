import type { Clock } from './host.js'
import { NEVER } from './light-signal.js'
import { LinkedSignal, NOT_NEEDED } from './signal.js'

/** Callers wait this long for the end of a running query, which may hang. Then the next query starts. */
const PATIENCE_MS = 1000

/**
 * Shares queries of changing state among many callers. Each caller gets the answer of a query that began after its request, so the answer
 * includes everything done before. Callers that arrive during a query share the next one, which covers what any of them wants.
 */
export class MergedQuery<K, T> {
  readonly #clock: Clock
  readonly #query: (wanted: readonly K[]) => Promise<T>
  #underWay: Promise<T> | undefined
  #next: { readonly wanted: Set<K>; readonly answer: Promise<T> } | undefined

  constructor(clock: Clock, query: (wanted: readonly K[]) => Promise<T>) {
    this.#clock = clock
    this.#query = query
  }
  ask(wanted: readonly K[]): Promise<T> {
    if (this.#next !== undefined) {
      for (const each of wanted) this.#next.wanted.add(each)
      return this.#next.answer
    }
    const all = new Set(wanted)
    const answer = (this.#underWay === undefined ? this.#turn() : this.#over(this.#underWay)).then(() => {
      this.#next = undefined
      return this.#begin([...all])
    })
    this.#next = { wanted: all, answer }
    return answer
  }

  /** Callers in the same turn share a query: parallel paths, and operations in a storm. */
  async #turn(): Promise<void> {
    await this.#clock.sleep(0, NEVER)
  }
  #begin(wanted: readonly K[]): Promise<T> {
    const query = this.#query(wanted)
    this.#underWay = query
    const ended = () => {
      if (this.#underWay === query) this.#underWay = undefined
    }
    query.then(ended, ended)
    return query
  }
  /** Resolves when the query has succeeded or failed, or has taken too long. */
  async #over(query: Promise<T>): Promise<void> {
    const ended = new LinkedSignal()
    const settled = query.then(
      () => undefined,
      () => undefined,
    )
    await Promise.race([settled, this.#clock.sleep(PATIENCE_MS, ended.signal).catch(() => undefined)])
    ended.abort(NOT_NEEDED)
  }
}

/** A {@link MergedQuery} that always reads everything. */
export class SharedQuery<T> {
  readonly #query: MergedQuery<never, T>

  constructor(clock: Clock, query: () => Promise<T>) {
    this.#query = new MergedQuery(clock, query)
  }
  ask(): Promise<T> {
    return this.#query.ask([])
  }
}
