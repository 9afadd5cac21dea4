import { BrickworkError } from '../core/errors.js'
import type { Faults } from './faults.js'

/** What happened on the machine, and what should not have happened. Unknown calls are noted even if the code under test catches the error. */
export class Ledger {
  readonly trace: TraceEntry[] = []
  /** Every command line that was run. */
  readonly ran: (readonly string[])[] = []
  readonly #problems: string[] = []

  /** Notes something that a real machine would do and this one doesn't know, or that would be wrong on a real machine. */
  problem(what: string): void {
    this.#problems.push(what)
  }
  /** As {@link Ledger.problem}, for throwing. */
  unknown(what: string): BrickworkError {
    this.problem(what)
    return new BrickworkError('ERR_UNSUPPORTED', `FakeHost doesn't know this: ${what}`)
  }
  get problems(): readonly string[] {
    return this.#problems
  }
  verify(faults: Faults): void {
    const found = [...this.#problems, ...faults.unused().map((fault) => `the planted fault was never met: ${fault}`)]
    if (found.length === 0) return
    throw new BrickworkError('ERR_STATE', `FakeHost saw what should not be:\n- ${found.join('\n- ')}`, { details: { found } })
  }
}
/** A call of a port, or a uevent. */
export interface TraceEntry {
  /** Virtual time. */
  readonly atMs: number
  /** The calling process; 0 for a uevent. */
  readonly pid: number
  /** `kernel.write`, `uevent.udev`, … */
  readonly call: string
  /** What the call is about: a path, a command line, a device. */
  readonly subject: string
}
