import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'
import { columnNames } from '../text/device-table.js'

export const enumerate: Command = {
  name: 'enumerate',
  operands: '',
  mostOperands: 0,
  summary: 'Shows the block devices of this host, their paths, what is built on them and which attachment they belong to',
  options: ['follow', 'columns', ...attacherOptions],
  optionHelp: {
    timeout: 'deadline of the query: 500ms, 10s, 2m, 1h; default 60s. With --follow it ends after this time; default: never',
  },
  about: [
    'Each volume is followed by the settings of its map, its paths (state by device-mapper or ANA, by multipathd and by the array, SCSI',
    'address, LUN, portal, session or remote port), its file system with where it is mounted, its partitions, and the devices that are',
    'built on it. Then come the sessions with their negotiated parameters.',
    'It queries no device. It asks a running multipathd for checker states and priorities, for half a second at most; not with --follow.',
    'With --json it prints the whole topology as one document.',
    '',
    'Columns for --columns:',
    ...wrapped(columnNames),
  ],
  examples: [
    { line: 'brickwork enumerate', does: 'Shows the storage of this host once.' },
    { line: 'brickwork enumerate --columns NAME,SIZE,TRAN,DMSTATE,PRIO,ALUA,PORTAL', does: 'Shows devices and paths as a table.' },
    { line: 'brickwork enumerate --follow --timeout 10m', does: 'Shows it, then for ten minutes what changes.' },
  ],
  answers: 'document',
  prepare: async (given) => (await import('../actions/enumerate.js')).prepareEnumerate(given),
}

/** Names in lines that fit a terminal. */
function wrapped(names: readonly string[]): string[] {
  const lines = ['']
  for (const name of names) {
    const last = lines.at(-1) ?? ''
    if (last.length + name.length > 76) lines.push(name)
    else lines[lines.length - 1] = last === '' ? name : `${last} ${name}`
  }
  return lines.map((line) => `  ${line}`)
}
