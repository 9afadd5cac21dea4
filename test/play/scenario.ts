/** One scenario on a host, written once and played in two worlds. */
import { isBrickworkError } from '../../lib/index.js'
import type { World } from '../world/world.js'

export interface Scenario {
  /** Short and stable: `npm run lab -- NAME`. */
  readonly name: string
  /** The promise, in one line. */
  readonly title: string
  /** Plays the scenario. Its notes must be equal in both worlds; a failed expectation throws. */
  readonly run: (world: World, story: Story) => Promise<void>
  /** Continues after a reboot of the same host, in a second boot of the guest. */
  readonly afterReboot?: (world: World, story: Story) => Promise<void>
  /** Only a real kernel can play it: it has no twin. */
  readonly only?: 'real'
  /** Process 1 of the guest: the lab's script, which starts no daemon (default), or systemd with services as shipped. */
  readonly init?: 'systemd'
  /** The guest also has this other program, for comparison: it has a separate root. */
  readonly peer?: 'os-brick'
  /** The packed library lies in build/packed (`scripts/packed.mjs`). */
  readonly packed?: true
  /**
   * Takes many minutes: `npm run test:full -- long` or its name plays it. `scenarios/brief.ts` lists the scenarios that `npm test` plays.
   */
  readonly long?: true
  /** Needed if the scenario takes more than two minutes of the host's time. */
  readonly timeoutMs?: number
}

/** A note of an event, in a form that is the same in both worlds: no times, no pids, no device numbers. */
export interface Noted {
  readonly what: string
  readonly value: unknown
}

export class Story {
  readonly noted: Noted[] = []

  note(what: string, value: unknown): void {
    this.noted.push({ what, value })
  }
  /** Notes the answer of a call, or the code, step and side effects of its failure. */
  async tell<T>(what: string, call: Promise<T>, of: (answer: T) => unknown = () => 'ok'): Promise<T | undefined> {
    try {
      const answer = await call
      this.note(what, of(answer))
      return answer
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      this.note(what, { code: error.code, step: error.step ?? null, sideEffects: error.sideEffects })
      return undefined
    }
  }
}

/** The result of a scenario: the guest prints it as one line of JSON, and it is compared with the twin's. */
export interface Outcome {
  readonly name: string
  readonly phase: 'run' | 'afterReboot'
  readonly ok: boolean
  /** Message and stack of a failed expectation. */
  readonly failure?: string
  readonly noted: readonly Noted[]
  readonly leftovers: unknown
  /** Entries of all journals in state directories, in normal form. */
  readonly journal: unknown
  readonly ms: number
}
