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

export function detachIncomplete(failures: readonly BrickworkError[], report: Report): BrickworkError {
  const [first] = failures
  if (failures.length === 1 && first !== undefined) return first.with({ details: { report: report.plain() } })
  return new BrickworkError('ERR_DETACH_INCOMPLETE', failures.map(({ message }) => message).join('; '), {
    cause: failures.length === 1 ? first : new AggregateError(failures),
    details: { report: report.plain() },
  })
}
