import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'
import { columns } from '../text/layout.js'

export const recover: Command = {
  name: 'recover',
  operands: '',
  mostOperands: 0,
  summary: 'After a crash, a kill, a reboot or lost state: finishes or rolls back interrupted operations, and removes orphans',
  options: ['dry-run', 'adopt', 'trace', ...attacherOptions],
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
  examples: [
    { line: 'brickwork recover --dry-run', does: 'Shows what a recovery would do.' },
    { line: 'brickwork recover', does: 'Cleans up after a crash. It is safe to repeat.' },
    { line: 'brickwork recover --adopt', does: 'After the state directory was lost: keeps the volumes that are attached.' },
  ],
  answers: 'document',
  changesHost: true,
  prepare: async (given) => (await import('../actions/recover.js')).prepareRecover(given),
}
