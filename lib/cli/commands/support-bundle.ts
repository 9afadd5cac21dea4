import type { Command } from '../command.js'
import { hostOptions } from '../option-table.js'

export const supportBundle: Command = {
  name: 'support-bundle',
  operands: '[FILE]',
  mostOperands: 1,
  completes: 'file',
  summary: 'Collects what a person needs to find out what is wrong on this host, in one JSON document without secrets',
  options: ['anonymous', 'connection', 'deep', 'timeout', ...hostOptions],
  optionHelp: {
    connection: 'also check this connection, as doctor does; its secrets are left out',
    timeout: 'time limit of each part: 500ms, 10s; default 5s for checks, 60s for the rest',
  },
  about: [
    "It has the doctor's report, the names and the topology of this host, journal, claims and facts about the kernel.",
    'It writes to FILE, which must not exist and is readable by its owner only, or to standard output. It changes nothing else.',
  ],
  examples: [
    { line: 'brickwork support-bundle bundle.json', does: 'Writes the bundle to a file.' },
    { line: 'brickwork support-bundle --anonymous | gzip > bundle.json.gz', does: 'Replaces targets, WWIDs, addresses and host names.' },
  ],
  answers: 'document',
  prepare: async (given) => (await import('../actions/support-bundle.js')).prepareSupportBundle(given),
}
