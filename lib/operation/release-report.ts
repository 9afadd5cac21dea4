import type { StepName } from '../core/step-name.js'
import type { Release } from './connector.js'
import { BrickworkError } from '../core/errors.js'
import type { Kept, Leftover, Overridden, ReleaseCheck } from '../api/detach-report.js'

/** Collects the results of a release. */
export class ReleaseReport implements Release {
  readonly checks: ReleaseCheck[] = []
  readonly kept: Kept[] = []
  readonly remaining: Leftover[] = []
  readonly overridden: Overridden[] = []
  readonly #visible: string[] = []

  get dataLossPossible(): boolean {
    return this.overridden.length > 0
  }
  data(): Release {
    const { checks, kept, remaining, dataLossPossible, overridden, stillVisible } = this
    return { checks, kept, remaining, dataLossPossible, overridden, ...(stillVisible === undefined ? {} : { stillVisible }) }
  }
  get stillVisible(): readonly string[] | undefined {
    return this.#visible.length === 0 ? undefined : this.#visible
  }
  /** Adds the results of a part that ran in parallel with others. */
  add({ checks, kept, remaining, overridden, stillVisible = [] }: ReleaseReport): void {
    this.#visible.push(...stillVisible)
    this.checks.push(...checks)
    this.kept.push(...kept)
    this.remaining.push(...remaining)
    this.overridden.push(...overridden)
  }
  check(what: string): void {
    this.checks.push({ what, ok: true })
  }
  keep(what: string, reason: string): void {
    this.kept.push({ what, reason })
  }
  /** Records a device that the host shows although nothing of the attachment is left. */
  show(device: string): void {
    this.#visible.push(device)
  }
  /** Records an error that would have ended the release, but was overridden. */
  override(step: StepName, what: string, { code, message }: BrickworkError): void {
    this.overridden.push({ step, what, code, reason: message })
  }
  leave(what: string, reason: string): void {
    this.remaining.push({ what, reason })
    this.checks.push({ what, ok: false })
  }
}

/** The error of a release that removed only a part. */
export function detachIncomplete(failures: readonly BrickworkError[], report: ReleaseReport): BrickworkError {
  const cause = failures.length === 1 ? failures[0] : new AggregateError(failures)
  return new BrickworkError('ERR_DETACH_INCOMPLETE', [...new Set(failures.map(({ message }) => message))].join('; '), {
    ...(failures[0]?.step === undefined ? {} : { step: failures[0].step }),
    sideEffects: 'left',
    cause,
    details: { report: { outcome: 'partial', ...report.data() } },
  })
}
