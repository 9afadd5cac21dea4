import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const list: Command = {
  name: 'list',
  operands: '',
  mostOperands: 0,
  summary: "Lists this owner's attachments",
  options: attacherOptions,
  about: ['A multipath map is followed by its paths, each with its portal and the state of its session.'],
  examples: [
    { line: 'brickwork list', does: 'Lists all attachments with their paths.' },
    { line: "brickwork list --json | jq -r '.attachments[] | select(.present | not) | .id'", does: 'Prints the ids whose device is gone.' },
  ],
  answers: 'document',
  prepare: async (given) => (await import('../actions/list.js')).prepareList(given),
}
