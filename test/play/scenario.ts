/** One story about a host, told once and played in two worlds. */
import { isBrickworkError } from '../../lib/index.js'
import type { World } from '../world/world.js'

export interface Scenario {
  /** Short and stable: `npm run lab -- NAME`. */
  readonly name: string
  /** What is promised, in one line. */
  readonly title: string
  /** Plays the story. Whatever it notes must be equal in both worlds; a failed expectation throws. */
  readonly run: (world: World, story: Story) => Promise<void>
  /** Continues after a reboot of the same host, in a second boot of the guest. */
  readonly afterReboot?: (world: World, story: Story) => Promise<void>
  /** Only a real kernel can show it: it has no twin. */
  readonly only?: 'real'
  /** Process 1 of the guest that it is played in: the lab's script, which starts no daemon (default), or systemd with the services as shipped. */
  readonly init?: 'systemd'
  /** The guest has this program of others too, to compare with: it gets a root of its own. */
  readonly peer?: 'os-brick'
  /** Takes many minutes: `npm run test:full -- long` plays it, or its name. What `npm test` plays of the others: `scenarios/brief.ts`. */
  readonly long?: true
  /** Needs longer than two minutes of the host's time. */
  readonly timeoutMs?: number
}

/** What happened, in words that are the same in both worlds: no times, no pids, no device numbers. */
export interface Noted {
  readonly what: string
  readonly value: unknown
}

export class Story {
  readonly noted: Noted[] = []

  note(what: string, value: unknown): void {
    this.noted.push({ what, value })
  }
  /** The answer of a call, or the code, step and side effects of its failure. */
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

/** What a scenario run comes to: printed by the guest as one line of JSON, compared with its twin. */
export interface Outcome {
  readonly name: string
  readonly phase: 'run' | 'afterReboot'
  readonly ok: boolean
  /** Of a failed expectation: message and stack. */
  readonly failure?: string
  readonly noted: readonly Noted[]
  readonly leftovers: unknown
  /** Entries of all journals in state directories, in normal form. */
  readonly journal: unknown
  readonly ms: number
}
