import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const identity: Command = {
  name: 'identity',
  operands: '',
  mostOperands: 0,
  summary: 'Shows the names that identify this host to storage',
  options: attacherOptions,
  about: [],
  examples: [
    {
      line: 'brickwork identity --json | jq -r .iscsi.initiatorName',
      does: 'Prints the initiator name, which the storage system must allow.',
    },
  ],
  answers: 'document',
  prepare: async () => (await import('../actions/identity.js')).prepareIdentity(),
}
