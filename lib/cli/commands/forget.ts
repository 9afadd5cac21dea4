import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const forget: Command = {
  name: 'forget',
  operands: 'ID',
  mostOperands: 1,
  completes: 'attachment',
  summary: 'Gives up the record of an attachment whose device is gone for good; it changes nothing else on this host',
  options: ['leave-remaining', ...attacherOptions],
  about: ['Refused while this host still has objects that the attachment created: detach it then, or use --leave-remaining.'],
  examples: [
    { line: 'brickwork forget vol-1', does: 'Gives up the record of an attachment of which nothing is left.' },
    { line: 'brickwork forget vol-1 --leave-remaining', does: 'The same, and leaves its objects on this host.' },
  ],
  answers: 'document',
  changesHost: true,
  prepare: async (given) => (await import('../actions/forget.js')).prepareForget(given),
}
