import { BrickworkError } from '../core/errors.js'
import type { Faults } from './faults.js'

/**
 * Records what happened on the machine, and what should not have happened. Records an unknown call even if the code under test catches its
 * error.
 */
export class Ledger {
  readonly trace: TraceEntry[] = []
  /** Every command line that was run. */
  readonly ran: (readonly string[])[] = []
  readonly #problems: string[] = []

  /** Records an action that a real machine knows and this one doesn't, or that would be wrong on a real machine. */
  problem(what: string): void {
    this.#problems.push(what)
  }
  /** As {@link Ledger.problem}. Returns an error to throw. */
  unknown(what: string): BrickworkError {
    this.problem(what)
    return new BrickworkError('ERR_UNSUPPORTED', `FakeHost does not model this: ${what}`)
  }
  get problems(): readonly string[] {
    return this.#problems
  }
  verify(faults: Faults): void {
    const found = [...this.#problems, ...faults.unused().map((fault) => `the planted fault was never met: ${fault}`)]
    if (found.length === 0) return
    throw new BrickworkError('ERR_STATE', `FakeHost found violations:\n- ${found.join('\n- ')}`)
  }
}
/** A call of a port, or a uevent. */
export interface TraceEntry {
  /** Virtual time, in milliseconds. */
  readonly atMs: number
  /** Id of the calling process; 0 for a uevent. */
  readonly pid: number
  /** `kernel.write`, `uevent.udev`, … */
  readonly call: string
  /** The subject of the call: a path, a command line, a device. */
  readonly subject: string
}
