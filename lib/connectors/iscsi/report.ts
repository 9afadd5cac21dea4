import type { Release } from '../../attach/connector.js'
import { BrickworkError } from '../../core/errors.js'
import type { Kept, Leftover, ReleaseCheck } from '../../types.js'

/** What a release found, as it goes. */
export class Report implements Release {
  readonly checks: ReleaseCheck[] = []
  readonly kept: Kept[] = []
  readonly left: Leftover[] = []
  dataLossPossible = false

  plain(): Release {
    const { checks, kept, left, dataLossPossible } = this
    return { checks, kept, left, dataLossPossible }
  }
  /** What was found by a part that went side by side with others. */
  add({ checks, kept, left, dataLossPossible }: Report): void {
    this.checks.push(...checks)
    this.kept.push(...kept)
    this.left.push(...left)
    this.dataLossPossible ||= dataLossPossible
  }
  check(what: string): void {
    this.checks.push({ what, ok: true })
  }
  keep(what: string, reason: string): void {
    this.kept.push({ what, reason })
  }
  leave(what: string, reason: string): void {
    this.left.push({ what, reason })
    this.checks.push({ what, ok: false })
  }
}

/** Something was removed and something was not. */
export function detachIncomplete(failures: readonly BrickworkError[], report: Report): BrickworkError {
  const cause = failures.length === 1 ? failures[0] : new AggregateError(failures)
  return new BrickworkError('ERR_DETACH_INCOMPLETE', failures.map(({ message }) => message).join('; '), {
    ...(failures[0]?.step === undefined ? {} : { step: failures[0].step }),
    sideEffects: 'left',
    cause,
    details: { report: { outcome: 'partial', ...report.plain() } },
  })
}
