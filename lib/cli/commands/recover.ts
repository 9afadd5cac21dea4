import type { RecoveryReport, RecoveryVerb } from '../../index.js'
import type { Command } from '../command.js'
import { columns } from '../text/layout.js'

export const recover: Command = {
  name: 'recover',
  operands: '',
  mostOperands: 0,
  summary: 'After a crash, a kill, a reboot or lost state: finishes or rolls back interrupted operations, and removes orphans',
  options: ['dry-run', 'adopt'],
  about: [
    'Healthy attachments stay as they are, and nothing that is in use is removed.',
    'A line for each attachment of this owner and for each possible orphan:',
    ...columns([
      ['  kept', 'attached, or another process works on it'],
      ['  undone', 'an interrupted attach was rolled back'],
      ['  resolved', 'the same, after a pending login had ended'],
      ['  completed', 'an interrupted detach was finished'],
      ['  forgotten', 'an attachment of an earlier boot'],
      ['  removed', 'an orphan that this owner verifiably created and that is not in use'],
      ['  adopted', 'such an orphan, made an attachment (--adopt)'],
      ['  foreign', 'may be such an orphan, but its creator cannot be verified, or belongs to another owner; not touched'],
      ['  left', 'remains to be done; the line says why'],
    ]),
    'Exit code: 1 if something is left.',
  ],
  prepare: ({ options: { dryRun, adopt } }) =>
    Promise.resolve(async (attacher, call) => {
      const report = await attacher.recover({ ...call, dryRun, adopt })
      return { document: report, lines: linesOf(report), unfinished: report.actions.some(({ action }) => action === 'left') }
    }),
}

function linesOf({ actions, dryRun }: RecoveryReport): string[] {
  if (actions.length === 0) return ['Nothing to recover.']
  const rows = actions.map(({ id, what, action, reason }) => [id ?? what, said(action, dryRun), reason])
  const verbs = [...new Set(actions.map(({ action }) => action))]
  const counts = verbs.map((verb) => `${actions.filter(({ action }) => action === verb).length} ${said(verb, dryRun)}`)
  return [...columns(rows), `${counts.join(', ')}.`]
}
function said(action: RecoveryVerb, dryRun: boolean): string {
  return dryRun && !['kept', 'foreign', 'left'].includes(action) ? `to be ${action}` : action
}
