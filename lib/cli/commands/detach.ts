import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const detach: Command = {
  name: 'detach',
  operands: 'ID | --connection FILE',
  mostOperands: 1,
  completes: 'attachment',
  summary: 'Detaches a volume from this host and prints what was checked',
  options: ['connection', 'force', 'if-missing', 'policy', 'trace', ...attacherOptions],
  optionHelp: {
    policy: 'policy; only its onNoPaths matters here: {"onNoPaths":"fail-io"} detaches a map without a live path',
  },
  about: [
    'Refused while the device is in use. Detaching a volume that is not attached succeeds, unless --if-missing says error.',
    '--connection takes the same documents as attach. If this owner has no attachment with that connection, it removes the',
    'objects of that volume from this host, except those that other attachments use.',
  ],
  examples: [
    { line: 'brickwork detach vol-1', does: 'Detaches a volume by the id of its attachment.' },
    { line: 'brickwork detach --connection connection.json', does: 'Detaches a volume whose id is not known.' },
  ],
  answers: 'document',
  changesHost: true,
  prepare: async (given) => (await import('../actions/detach.js')).prepareDetach(given),
}
