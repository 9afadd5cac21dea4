import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const inspect: Command = {
  name: 'inspect',
  operands: 'ID | --connection FILE',
  mostOperands: 1,
  completes: 'attachment',
  summary: 'Shows one attachment: its volume, its device and who uses it',
  options: ['connection', ...attacherOptions],
  about: [],
  examples: [{ line: 'brickwork inspect vol-1', does: 'Shows the device, its paths and its users.' }],
  answers: 'document',
  prepare: async (given) => (await import('../actions/inspect.js')).prepareInspect(given),
}
