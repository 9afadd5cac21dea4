import { BrickworkError } from '../../core/errors.js'
import { onAbort } from '../../core/signal.js'
import { failureOf } from '../errno.js'
import type { Effect, PortCall } from '../faults.js'
import { Answers } from './answers.js'
import type { Base } from './base.js'
import { type Need, Places, type Stay } from './places.js'

/** A process of the machine that uses the ports. When it dies, its pending calls never resolve, and its work in the kernel continues. */
export class FakeProcess {
  readonly base: Base
  readonly pid: number
  readonly died: Promise<void>
  /** `undefined`: there is a place for every call. */
  readonly places: Places | undefined
  readonly #atDeath = new Set<() => void>()
  readonly #answers: Answers
  #waiting = 0
  #alive = true
  #calls = 0
  #crashAt: { readonly call: number; readonly moment: 'before' | 'after' } | undefined

  constructor(base: Base) {
    this.base = base
    this.#answers = new Answers(base)
    this.pid = base.processes.start('node', ['node', 'agent.js'])
    this.died = new Promise((resolve) => this.atDeath(resolve))
    this.places = base.settings.places ? new Places(base) : undefined
  }
  get alive(): boolean {
    return this.#alive
  }
  /** How many calls of ports it has made. */
  get calls(): number {
    return this.#calls
  }
  crashAt(call: number, moment: 'before' | 'after'): void {
    this.#crashAt = { call, moment }
  }
  /** Registers a function to be called when the process dies, or at once if it has died. Returns a function that undoes this. */
  atDeath(act: () => void): () => void {
    if (!this.#alive) act()
    this.#atDeath.add(act)
    return () => void this.#atDeath.delete(act)
  }
  die(): void {
    if (!this.#alive) return
    this.#alive = false
    for (; this.#waiting > 0; this.#waiting--) this.base.timeline.endWait()
    for (const act of [...this.#atDeath]) act()
    this.base.processes.end(this.pid)
  }

  /**
   * Every port call goes through here. The call is traced and meets the planted faults. When the signal aborts, the call rejects at once,
   * while its work continues. A process that has died never gets an answer.
   */
  call<T>(port: PortCall, subject: string, signal: AbortSignal | undefined, work: () => T | Promise<T>, care: Care<T> = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) return
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      this.#begin(port, subject)
      const stay = care.need && this.places?.stay(care.need)
      let open = true
      const close = (): boolean => {
        if (!open || !this.#alive) return false
        open = false
        this.#waiting -= 1
        this.base.timeline.endWait()
        link?.[Symbol.dispose]()
        return true
      }
      const abort = (reason: Error): void => {
        if (!close()) return
        reject(reason)
        stay?.abandon()
        care.onAbort?.()
      }
      const link = signal && onAbort(signal, () => abort(signal.reason as Error))
      this.#inPlace(stay, () => this.#carryOut(port, subject, work)).then(
        (value) =>
          this.#answers.give(() => {
            if (close()) resolve(value)
            else if (this.#alive) care.discard?.(value)
          }),
        (error: unknown) =>
          this.#answers.give(() => {
            if (close()) reject(error instanceof Error ? error : new BrickworkError('ERR_KERNEL', `Failed with ${String(error)}`))
          }),
      )
    })
  }

  #begin(port: PortCall, subject: string): void {
    this.#calls += 1
    this.#waiting += 1
    this.base.timeline.beginWait(() => `${port} ${subject}`)
    this.base.ledger.trace.push({ atMs: this.base.timeline.now, pid: this.pid, call: port, subject })
  }
  /** Runs the call in its place, if places are limited. */
  #inPlace<T>(stay: Stay | undefined, act: () => Promise<T>): Promise<T> {
    return stay === undefined ? act() : withPlace(stay, act)
  }
  async #carryOut<T>(port: PortCall, subject: string, work: () => T | Promise<T>): Promise<T> {
    const met = this.base.faults.meet(port, subject)
    const crash = this.#crashAt?.call === this.#calls ? this.#crashAt.moment : undefined
    if (crash === 'before') return await this.#dieHere()
    if (met !== undefined) {
      const planted = await this.#suffer(met.does, met.released, port, subject)
      if (planted !== undefined) return planted.answer as T
    }
    const value = await work()
    if (crash === 'after' || (met !== undefined && 'crash' in met.does)) return await this.#dieHere()
    if (met !== undefined && 'hang' in met.does && met.does.hang === 'after') await met.released
    return value
  }
  async #suffer(
    effect: Effect,
    released: Promise<void>,
    port: PortCall,
    subject: string,
  ): Promise<{ readonly answer: unknown } | undefined> {
    if ('fail' in effect) throw failureOf(port, effect.fail, subject)
    if ('answer' in effect) {
      if (effect.answer instanceof BrickworkError) throw effect.answer
      return { answer: effect.answer }
    }
    if ('delayMs' in effect) await this.base.wait(effect.delayMs)
    else if ('hang' in effect && effect.hang === 'before') {
      await released
      if (!this.#alive) await never() // it had not begun
    } else if ('crash' in effect && effect.crash === 'before') await this.#dieHere()
    return undefined
  }
  async #dieHere<T>(): Promise<T> {
    this.die()
    return await never<T>()
  }
}
async function withPlace<T>(stay: Stay, act: () => Promise<T>): Promise<T> {
  await stay.begun
  let keeps = false
  try {
    const value = await act()
    keeps = typeof value === 'object' && value !== null && 'release' in value
    return value
  } finally {
    stay.end(keeps)
  }
}

/** Options of a call. */
export interface Care<T> {
  /** The place that it waits for, if places are limited. */
  readonly need?: Need
  /** Called when the caller has gone. */
  readonly onAbort?: () => void
  /** Called with an answer that came after the caller had gone. */
  readonly discard?: (value: T) => void
}

export function never<T = void>(): Promise<T> {
  return new Promise<T>(() => undefined)
}
