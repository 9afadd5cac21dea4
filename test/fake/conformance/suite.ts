/** Requirements on every connector, whatever its protocol: one suite that runs with each. */
import { attachClauses } from './attach.js'
import { crashClauses } from './crash.js'
import { failureClauses } from './failures.js'
import { inUseClauses } from './in-use.js'
import { lastingClauses } from './lasting.js'
import { mapClauses } from './maps.js'
import type { Subject } from './subject.js'

export function describeConnector(subject: Subject): void {
  for (const clauses of [attachClauses, failureClauses, inUseClauses, mapClauses, lastingClauses, crashClauses]) clauses(subject)
}
