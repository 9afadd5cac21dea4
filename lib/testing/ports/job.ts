/** Carries out the steps of a job one by one: each is a call of a port, which faults, aborts and crashes can meet. */
import { Window } from '../../core/deadline.js'
import type { Clock, Events, Files, JobResult, JobStep, Kernel, Lock, StepAnswers, Watch } from '../../core/host.js'
import { requireTrees, shows } from '../../core/job.js'
import type { Tree } from '../../core/tree.js'
import type { FakeLocks } from './locks.js'

/** The ports of the process. */
export interface JobPorts {
  readonly files: Files
  readonly kernel: Kernel
  readonly events: Events
  readonly locks: FakeLocks
  readonly clock: Clock
}
type Answer = StepAnswers[JobStep['do']]

/** A step that was carried out. */
interface Done {
  readonly answer: Answer
  readonly endsJob: boolean
}

export async function runJob(ports: JobPorts, steps: readonly JobStep[], signal: AbortSignal): Promise<JobResult> {
  requireTrees(steps)
  const awaiting = steps.filter((step) => step.do === 'awaitTree')
  using watch = awaiting.length === 0 ? undefined : await ports.events.watch(awaiting.flatMap(({ keys }) => keys))
  const run = new Run(ports, watch, signal)
  try {
    return await run.all(steps)
  } finally {
    await run.unlock()
  }
}

class Run {
  readonly #ports: JobPorts
  readonly #watch: Watch | undefined
  readonly #signal: AbortSignal
  readonly #answers: Answer[] = []
  readonly #locks: Lock[] = []

  constructor(ports: JobPorts, watch: Watch | undefined, signal: AbortSignal) {
    this.#ports = ports
    this.#watch = watch
    this.#signal = signal
  }
  async all(steps: readonly JobStep[]): Promise<JobResult> {
    for (const [at, step] of steps.entries()) {
      const begun = !this.#signal.aborted
      try {
        this.#signal.throwIfAborted()
        const { answer, endsJob } = await this.#carryOut(step)
        this.#answers.push(answer)
        if (endsJob) return { answers: this.#answers, stopped: { at, begun, error: undefined } }
      } catch (error) {
        return { answers: this.#answers, stopped: { at, begun, error: error as Error } }
      }
    }
    return { answers: this.#answers, stopped: undefined }
  }
  async unlock(): Promise<void> {
    for (const lock of this.#locks) await lock.release()
  }

  async #carryOut(step: JobStep): Promise<Done> {
    const { kernel, files } = this.#ports
    const signal = this.#signal
    switch (step.do) {
      case 'connect': {
        const answer = await kernel.connect(step.address, step.port, signal)
        return { answer, endsJob: answer.outcome === 'failed' }
      }
      case 'flock': {
        const lock = await this.#ports.locks.takeIfFree(step.directory, step.name, signal, step.user)
        if (lock === 'busy') return { answer: lock, endsJob: true }
        this.#locks.push(lock)
        return goesOn('locked')
      }
      case 'replace':
        await files.replace(step.path, step.text, step.mode)
        return goesOn(undefined)
      case 'changeRecord': {
        const answer = await kernel.changeRecord(step.change, signal)
        return { answer, endsJob: answer !== 'done' }
      }
      case 'exchange':
        return goesOn(await kernel.exchange(step.request, signal))
      case 'write': {
        const answer = await kernel.write(step.write, signal)
        return { answer, endsJob: answer.outcome !== 'written' }
      }
      case 'readTree':
        return goesOn(await kernel.readTree(step.plan, signal))
      case 'awaitTree':
        return await this.#awaitTree(step)
      case 'readChanged':
        return goesOn(await kernel.readChanged(step.request, signal))
      case 'readFiles':
        return goesOn(await files.readFiles(step.paths))
      case 'check': {
        const answer = shows(this.#answers[step.step] as Tree, step.expectation)
        return { answer, endsJob: !answer }
      }
    }
  }
  async #awaitTree({ plan, until, timeoutMs }: JobStep & { readonly do: 'awaitTree' }): Promise<Done> {
    const { kernel, clock } = this.#ports
    const endsAt = clock.now() + timeoutMs
    using window = new Window(clock, timeoutMs, this.#signal, plan.root)
    for (;;) {
      const isLast = clock.now() >= endsAt
      const answer = await kernel.readTree(plan, this.#signal)
      if (until.some((expectation) => shows(answer, expectation))) return goesOn(answer)
      if (isLast) return { answer, endsJob: true }
      await this.#nextEvent(window.signal)
    }
  }
  /** Resolves at the next event, or when the time is over. */
  async #nextEvent(signal: AbortSignal): Promise<void> {
    try {
      await this.#watch?.next(signal)
    } catch (error) {
      if (this.#signal.aborted || !signal.aborted) throw error
    }
  }
}
const goesOn = (answer: Answer): Done => ({ answer, endsJob: false })
