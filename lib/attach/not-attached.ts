import type { DetachReport } from '../api/detach-report.js'
import { BrickworkError } from '../core/errors.js'

/** @param id `undefined` for a connection that no attachment has. @param why what the journal says of it, if it has an entry. */
export function notAttached(id: string | undefined, why = 'is not attached'): BrickworkError {
  const what = id === undefined ? 'This connection' : JSON.stringify(id)
  const known = id === undefined ? {} : { volume: id, details: { id } }
  return new BrickworkError('ERR_NOT_ATTACHED', `${what} ${why}`, { step: 'journal', ...known })
}

/** The report of a detach. @throws `ERR_NOT_ATTACHED` if nothing was attached and the caller wants to know (`ifMissing: 'error'`). */
export function requireDetached(report: DetachReport, ifMissing: 'ok' | 'error', id: string | undefined): DetachReport {
  if (report.outcome === 'already-released' && ifMissing === 'error') throw notAttached(id)
  return report
}
