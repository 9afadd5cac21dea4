import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { basename } from 'node:path'
import { BrickworkError, isBrickworkError, type SideEffects } from '../../core/errors.js'
import { LinkedSignal, onAbort } from '../../core/signal.js'
import type { Attacher, Attachment, AttachRequest, CommandTrace, StepTiming } from '../../index.js'
import { limited } from './limited.js'

export interface RoundSettings {
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly atOnce: number
  /** The command that detaches a volume by hand. */
  readonly detachLine: (id: string) => string
  readonly say: (line: string) => void
}
/** What one round took. */
export interface Round {
  readonly attach: Phase
  readonly detach: Phase
  /** How many volumes had fewer paths than their connection names. */
  readonly degraded: number
}
export interface Phase {
  /** Milliseconds from the begin of the phase until each volume was done. */
  readonly endsMs: readonly number[]
  readonly timings: readonly StepTiming[]
  /** Programs that were run, each as often as it was run. */
  readonly programs: readonly string[]
  /** Processor time of this process. */
  readonly processorMs: number
}

/** Attaches and detaches volumes, and never leaves one attached: what cannot be detached is said, with the command that does it. */
export class Rounds {
  readonly #attacher: Attacher
  readonly #settings: RoundSettings
  /** What this bench has attached. Nothing else is ever detached. */
  readonly #attached = new Set<string>()
  #changed = false

  constructor(attacher: Attacher, settings: RoundSettings) {
    this.#attacher = attacher
    this.#settings = settings
  }

  /** @throws the error of the first attach or detach that failed, after everything is detached again */
  async round(requests: readonly AttachRequest[]): Promise<Round> {
    const { signal } = this.#settings
    const interrupted = signal === undefined ? undefined : onAbort(signal, () => this.#sayInterrupted())
    const attachments: Attachment[] = []
    try {
      const attach = await phase((since, steps) => this.#attachAll(requests, since, steps, attachments))
      const detach = await phase((since, steps) => this.#detachAll(since, steps))
      signal?.throwIfAborted()
      return { attach, detach, degraded: attachments.filter(({ degraded }) => degraded).length }
    } catch (error) {
      throw await this.#withdraw(error)
    } finally {
      interrupted?.[Symbol.dispose]()
    }
  }

  async #attachAll(requests: readonly AttachRequest[], since: Since, steps: StepTiming[], made: Attachment[]): Promise<void> {
    const { signal, timeoutMs, atOnce } = this.#settings
    using stop = new LinkedSignal(signal)
    const failures = await limited(requests, atOnce, stop, async (request) => {
      const attachment = await this.#attacher.attach(request, { signal: stop.signal, timeoutMs })
      if (attachment.reused) throw conflict(request.id, 'it was attached by somebody else in the meantime, and stays')
      this.#attached.add(request.id)
      this.#changed = true
      if (attachment.users !== undefined) throw conflict(request.id, `${attachment.path} is in use`)
      since()
      steps.push(...attachment.timings)
      made.push(attachment)
    })
    throwFirst(failures)
  }
  /** An interrupt does not end it: half a detach would leave more behind. */
  async #detachAll(since: Since, steps: StepTiming[]): Promise<void> {
    const { timeoutMs, atOnce } = this.#settings
    using stop = new LinkedSignal()
    const failures = await limited([...this.#attached], atOnce, stop, async (id) => {
      const report = await this.#attacher.detach(id, { timeoutMs })
      this.#attached.delete(id)
      since()
      steps.push(...report.timings)
    })
    throwFirst(failures)
  }

  #sayInterrupted(): void {
    const { detachLine, say } = this.#settings
    const [ids, count] = [[...this.#attached], this.#attached.size]
    if (count === 0) return
    say(`brickwork: detaching ${count} volume${count === 1 ? '' : 's'} first; a second interrupt leaves them to you:`)
    for (const id of ids) say(`  ${detachLine(id)}`)
  }
  /** Detaches what is attached. @returns the error, with what stays */
  async #withdraw(error: unknown): Promise<unknown> {
    const { timeoutMs, detachLine } = this.#settings
    const left: string[] = []
    await Promise.all(
      [...this.#attached].map(async (id) => {
        try {
          await this.#attacher.detach(id, { timeoutMs })
          this.#attached.delete(id)
        } catch (failure) {
          const why = isBrickworkError(failure) ? `${failure.code}: ${failure.message}` : String(failure)
          left.push(`${id} stays attached (${why}); detach it with: ${detachLine(id)}`)
        }
      }),
    )
    if (!isBrickworkError(error)) return error
    const sideEffects = worst([error.sideEffects, this.#changed ? 'undone' : 'none', left.length > 0 ? 'left' : 'none'])
    return error.with({ sideEffects, message: [error.message, ...left].join('. ') })
  }
}

const EFFECTS: readonly SideEffects[] = ['none', 'undone', 'pending', 'left']
function worst(effects: readonly SideEffects[]): SideEffects {
  return EFFECTS.findLast((each) => effects.includes(each)) ?? 'none'
}
/** The first failure is the reason of all. What another one has left on the host is as bad. */
function throwFirst(failures: readonly unknown[]): void {
  const [first] = failures
  if (first === undefined) return
  if (!isBrickworkError(first)) throw first as Error
  throw first.with({ sideEffects: worst(failures.flatMap((each) => (isBrickworkError(each) ? [each.sideEffects] : []))) })
}

function conflict(id: string, why: string): BrickworkError {
  return new BrickworkError('ERR_CONFLICT', `${id}: ${why}`, { volume: id })
}

/** Notes that a volume is done. */
type Since = () => void
const COMMANDS = 'tracing:brickwork:command:start'

async function phase(work: (since: Since, steps: StepTiming[]) => Promise<void>): Promise<Phase> {
  const [endsMs, timings, programs]: [number[], StepTiming[], string[]] = [[], [], []]
  const count = (message: unknown) => programs.push(basename((message as CommandTrace).argv[0] ?? ''))
  const [processor, begin] = [process.cpuUsage(), performance.now()]
  subscribe(COMMANDS, count)
  try {
    await work(() => endsMs.push(performance.now() - begin), timings)
  } finally {
    unsubscribe(COMMANDS, count)
  }
  const { user, system } = process.cpuUsage(processor)
  return { endsMs, timings, programs, processorMs: (user + system) / 1000 }
}
