import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const identity: Command = {
  name: 'identity',
  operands: '',
  mostOperands: 0,
  summary: 'Shows the names by which storage knows this host, and what the host has for each protocol',
  options: ['cinder', 'ip', 'host', 'multipath', 'enforce-multipath', 'local-attach', ...attacherOptions],
  about: [
    'It only reads files: it starts, creates and changes nothing on the host.',
    'With --cinder it prints the connector of this host for OpenStack, a JSON document with the keys of os-brick. It then needs --ip.',
  ],
  examples: [
    {
      line: 'brickwork identity --json | jq -r .iscsi.initiatorName',
      does: 'Prints the initiator name, which the storage system must allow.',
    },
    { line: 'brickwork identity --cinder --ip 192.0.2.21 --multipath', does: 'Prints the connector of this host for OpenStack.' },
  ],
  answers: 'document',
  prepare: async (given) => (await import('../actions/identity.js')).prepareIdentity(given),
}
