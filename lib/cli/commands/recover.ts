import type { RecoveryAction } from '../../types.js'
import type { Command } from '../command.js'
import { columns } from '../text/layout.js'

export const recover: Command = {
  name: 'recover',
  operands: '',
  mostOperands: 0,
  summary: 'After a crash, a kill or a reboot: finishes or undoes what was interrupted',
  options: ['dry-run'],
  about: ['What is attached and healthy stays as it is.'],
  prepare: ({ options: { dryRun } }) =>
    Promise.resolve(async (attacher, call) => {
      const report = await attacher.recover({ ...call, dryRun })
      const rows = report.actions.map(({ id, what, action, reason }) => [id ?? what, said(action, report.dryRun), reason])
      return { document: report, lines: rows.length === 0 ? ['Nothing to recover.'] : columns(rows) }
    }),
}

function said(action: RecoveryAction['action'], dryRun: boolean): string {
  return dryRun && action !== 'kept' && action !== 'left' ? `to be ${action}` : action
}
