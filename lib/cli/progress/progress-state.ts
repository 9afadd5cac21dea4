/** The state of running operations, collected from their events. */
import { type ErrorCode, errorCodes } from '../../core/errors.js'
import type { OperationEvent, OperationName, Outcome, StepName } from '../../index.js'

/** A path, in the step that it entered last. */
export interface PathProgress {
  readonly step: StepName
  /** When it entered that step. A step that is repeated counts as one. */
  readonly sinceMs: number
  readonly state: 'running' | 'up' | 'failed'
  /** How the step failed. */
  readonly outcome?: Outcome
}
export interface OperationProgress {
  readonly operation: OperationName
  readonly id: string
  readonly sinceMs: number
  /** Steps of the operation itself that run now, with how many of each, in the order of their start. */
  readonly steps: Map<StepName, number>
  readonly paths: Map<string, PathProgress>
}

/** Steps that find out the paths. They have a path of their own, which need not be one to the volume. */
const BEFORE_PATHS: readonly StepName[] = ['resolve-paths', 'discover-portals']
/** The step after which a path is up. */
const LAST_STEP: StepName = 'verify'

export class ProgressState {
  readonly #operations = new Map<string, OperationProgress>()

  get operations(): readonly OperationProgress[] {
    return [...this.#operations.values()]
  }
  /** @param nowMs the time by the clock of the view */
  apply(event: OperationEvent, nowMs: number): void {
    if (event.type === 'operation:start') {
      const { operation, id } = event
      this.#operations.set(id, { operation, id, sinceMs: nowMs, steps: new Map(), paths: new Map() })
      return
    }
    const running = this.#operations.get(event.id)
    if (running === undefined) return
    if (event.type === 'operation:end') this.#operations.delete(event.id)
    else if (event.type === 'step:start') begin(running, event, nowMs)
    else if (event.type === 'step:end') end(running, event)
    else if (event.type === 'note') noted(running, event.fields)
  }
}

function begin({ steps, paths }: OperationProgress, { step, path }: StepEvent, nowMs: number): void {
  if (path === undefined || BEFORE_PATHS.includes(step)) {
    steps.set(step, (steps.get(step) ?? 0) + 1)
    return
  }
  const before = paths.get(path)
  paths.set(path, { step, state: 'running', sinceMs: before?.step === step && before.state === 'running' ? before.sinceMs : nowMs })
}
function end({ steps, paths }: OperationProgress, { step, path, outcome }: StepEvent & { readonly outcome: Outcome }): void {
  const known = path === undefined || BEFORE_PATHS.includes(step) ? undefined : paths.get(path)
  if (path === undefined || known === undefined) {
    const others = (steps.get(step) ?? 0) - 1
    if (others > 0) steps.set(step, others)
    else steps.delete(step)
    return
  }
  if (outcome !== 'ok') paths.set(path, { ...known, state: 'failed', outcome })
  else if (step === LAST_STEP || (known.state === 'running' && step === 'assemble')) paths.set(path, { ...known, state: 'up' })
}
/** A path may fail between two steps; then only a note says so. */
function noted({ paths }: OperationProgress, { path, code }: Readonly<Record<string, unknown>>): void {
  const known = typeof path === 'string' ? paths.get(path) : undefined
  if (typeof path !== 'string' || known === undefined || !isErrorCode(code)) return
  paths.set(path, { ...known, state: 'failed', outcome: code })
}
const isErrorCode = (code: unknown): code is ErrorCode => (errorCodes as readonly unknown[]).includes(code)

interface StepEvent {
  readonly step: StepName
  readonly path?: string
}
