import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const enumerate: Command = {
  name: 'enumerate',
  operands: '',
  mostOperands: 0,
  summary: 'Shows the block devices of this host, their paths, what is built on them and which attachment they belong to',
  options: ['follow', ...attacherOptions],
  optionHelp: {
    timeout: 'deadline of the query: 500ms, 10s, 2m, 1h; default 60s. With --follow it ends after this time; default: never',
  },
  about: [
    'Each volume is followed by its paths (state by device-mapper or ANA, SCSI address, LUN, portal, session or remote port),',
    'its file system with where it is mounted, its partitions, and the devices that are built on it.',
    'It queries no device and no daemon. With --json it prints the whole topology as one document.',
  ],
  examples: [
    { line: 'brickwork enumerate', does: 'Shows the storage of this host once.' },
    { line: 'brickwork enumerate --follow --timeout 10m', does: 'Shows it, then for ten minutes what changes.' },
  ],
  answers: 'document',
  prepare: async (given) => (await import('../actions/enumerate.js')).prepareEnumerate(given),
}
