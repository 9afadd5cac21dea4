import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const resize: Command = {
  name: 'resize',
  operands: 'ID | --connection FILE',
  mostOperands: 1,
  completes: 'attachment',
  summary: 'Makes this host use the new size of a volume: on all its paths, then on the map',
  options: ['connection', 'size', 'trace', ...attacherOptions],
  about: ['Fails with ERR_RESIZE_NOT_CONVERGED while a path does not show the new size; repeat it later. File systems are not touched.'],
  examples: [
    { line: 'brickwork resize vol-1', does: 'Uses the size on which all paths agree.' },
    { line: 'brickwork resize vol-1 --size 20G', does: 'Fails unless every path shows 20 GiB.' },
  ],
  answers: 'document',
  changesHost: true,
  prepare: async (given) => (await import('../actions/resize.js')).prepareResize(given),
}
