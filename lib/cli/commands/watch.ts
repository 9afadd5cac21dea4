import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const watch: Command = {
  name: 'watch',
  operands: '',
  mostOperands: 0,
  summary: 'Shows how the paths of attached volumes change, until it is interrupted or --timeout has passed',
  options: attacherOptions,
  optionHelp: {
    timeout: 'end after this time: 500ms, 10s, 2m, 1h; default: never',
  },
  about: ['Begins with the volumes that are not healthy. With --json each event is a document on a line of its own.'],
  examples: [
    { line: 'brickwork watch', does: 'Shows changes until it is interrupted.' },
    { line: 'brickwork watch --json | grep -m 1 no-path', does: 'Ends when a volume has lost its last path.' },
  ],
  answers: 'documents',
  prepare: async () => (await import('../actions/watch.js')).prepareWatch(),
}
