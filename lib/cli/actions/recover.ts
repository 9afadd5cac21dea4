import type { RecoveryReport, RecoveryVerb } from '../../index.js'
import type { Given, Task } from '../command.js'
import { tonedColumns } from '../text/layout.js'
import { type Line, toned } from '../text/toned.js'

export function prepareRecover({ options: { dryRun, adopt } }: Given): Promise<Task> {
  return Promise.resolve(async ({ attacher, call }) => {
    const report = await (await attacher()).recover({ ...call, dryRun, adopt })
    return { document: report, lines: linesOf(report), unfinished: report.actions.some(({ action }) => action === 'left') }
  })
}

function linesOf({ actions, dryRun }: RecoveryReport): Line[] {
  if (actions.length === 0) return ['Nothing to recover.']
  const rows = actions.map(({ id, what, action, reason }) => [
    id ?? what,
    action === 'left' ? toned('warning', action) : said(action, dryRun),
    reason,
  ])
  const verbs = [...new Set(actions.map(({ action }) => action))]
  const counts = verbs.map((verb) => `${actions.filter(({ action }) => action === verb).length} ${said(verb, dryRun)}`)
  return [...tonedColumns(rows), `${counts.join(', ')}.`]
}
function said(action: RecoveryVerb, dryRun: boolean): string {
  return dryRun && !['kept', 'foreign', 'left'].includes(action) ? `to be ${action}` : action
}
