import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'
import { columns } from '../text/layout.js'

export const heal: Command = {
  name: 'heal',
  operands: '[ID | --connection FILE]',
  mostOperands: 1,
  completes: 'attachment',
  summary: 'Brings up the paths that attached volumes lack; without ID, of all volumes of this owner',
  options: ['connection', 'trace', ...attacherOptions],
  about: [
    'These are the paths that the connection names and the map has not, or that are down.',
    'It only adds: nothing that was there before is removed or changed, also when a path fails.',
    'A line for each path:',
    ...columns([
      ['  already', 'it took I/O already'],
      ['  added', 'it was missing or down, and takes I/O now'],
      ['  failed', 'it takes no I/O; the line says why'],
    ]),
    'Exit code: 1 if a path failed.',
  ],
  examples: [
    { line: 'brickwork heal vol-1', does: 'After a portal is back that was dead at the attach.' },
    { line: 'brickwork heal', does: 'Heals all volumes. Healthy ones stay as they are.' },
  ],
  answers: 'document',
  changesHost: true,
  prepare: async (given) => (await import('../actions/heal.js')).prepareHeal(given),
}
