import type { RecoveryReport, RecoveryVerb } from '../../index.js'
import type { Command } from '../command.js'
import { columns } from '../text/layout.js'

export const recover: Command = {
  name: 'recover',
  operands: '',
  mostOperands: 0,
  summary: 'After a crash, a kill, a reboot or lost state: finishes or undoes what was interrupted, and takes away what was left behind',
  options: ['dry-run', 'adopt'],
  about: [
    'What is attached and healthy stays as it is, and nothing that anybody uses is taken away.',
    'A line for each attachment of this owner and for each thing that looks left over:',
    ...columns([
      ['  kept', 'attached, or another process is at work on it'],
      ['  undone, settled', 'an interrupted attach was taken back'],
      ['  completed', 'an interrupted detach was finished'],
      ['  forgotten', 'of an earlier boot'],
      ['  removed', 'made by this owner, by proof; no state speaks of it, nobody uses it'],
      ['  adopted', 'so too, and an attachment now (--adopt)'],
      ['  foreign', 'looks like it and cannot be proven, or is another owner’s; not touched'],
      ['  left', 'is to be done and could not be; the line says why'],
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
