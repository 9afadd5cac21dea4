import type { Command } from '../command.js'
import { attacherOptions } from '../option-table.js'

export const bench: Command = {
  name: 'bench',
  operands: 'FILE|-',
  mostOperands: 1,
  completes: 'file',
  summary: 'Attaches the volumes of a file read-only, detaches them again, and prints how long it took',
  options: ['rounds', 'at-once', 'yes', 'policy', 'trace', ...attacherOptions],
  optionHelp: {
    timeout: 'deadline of each attach and of each detach: 500ms, 10s, 2m, 1h; default 10m',
  },
  about: [
    'FILE (or standard input, with -) names the volumes, and nothing else on this host is touched:',
    '  {',
    '    "volumes": [',
    '      {',
    '        "connection": {',
    '          "protocol": "iscsi",',
    '          "targets": [{ "portal": "192.0.2.10:3260", "iqn": "iqn.2010-10.org.example:vol-1", "lun": 1 }]',
    '        },',
    '        "expected": { "wwid": "naa.60014050000000000000000000000001" }',
    '      }',
    '    ]',
    '  }',
    'Each volume is a document as attach reads it, with "expected", so that no other volume is attached. "id" may be left out: bench-1, …',
    'It shows the volumes and asks. Without a terminal it needs --yes. It refuses a volume that is attached or in use on this host.',
    'The access is always "ro": nothing is written to a volume. An error or an interrupt ends it, and it detaches what it has attached.',
    'Use volumes that nobody else writes to, and the policy that you are going to use.',
  ],
  examples: [
    { line: 'brickwork bench volumes.json', does: 'Shows what it will do, asks, and attaches all volumes at once, three times.' },
    { line: 'brickwork bench volumes.json --at-once 8 --rounds 10', does: 'At most eight attaches at once, ten times.' },
    {
      line: `brickwork bench volumes.json --yes --json --policy '{"ready":"kernel"}'`,
      does: 'Measures another policy, without a question, for a program.',
    },
  ],
  answers: 'document',
  changesHost: true,
  prepare: async (given) => (await import('../actions/bench.js')).prepareBench(given),
}
