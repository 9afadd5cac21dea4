import type { Command } from '../command.js'
import { hostOptions } from '../option-table.js'

export const doctor: Command = {
  name: 'doctor',
  operands: '',
  mostOperands: 0,
  summary: 'Checks whether this host is ready for attaches, and says what to do if it is not',
  options: ['connection', 'deep', 'login', 'timeout', ...hostOptions],
  optionHelp: {
    connection: 'also check this connection: whether its portals answer, and over which interfaces; - reads standard input',
    timeout: 'time limit of each check: 500ms, 10s; default 5s. A check without an answer is unknown',
  },
  about: [
    'It changes nothing, starts nothing and connects to no daemon. It needs neither root nor the native part.',
    'Each check answers ok, note, warning, problem or unknown. The exit code is 1 if there is a problem: an attach would fail.',
    'Settings are those of the files; a daemon may have been given others at run time.',
  ],
  examples: [
    { line: 'brickwork doctor', does: 'Checks this host.' },
    { line: 'brickwork doctor --connection connection.json --login', does: 'Also logs in to each portal of a volume and out again.' },
    { line: 'brickwork doctor --json | jq -r \'.checks[] | select(.answer == "problem") | .advice\'', does: 'Prints what to do.' },
  ],
  answers: 'document',
  prepare: async (given) => (await import('../actions/doctor.js')).prepareDoctor(given),
}
