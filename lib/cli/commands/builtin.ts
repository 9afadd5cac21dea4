/** Commands that are about the command line itself. {@link run} carries them out. */
import type { CommandText } from '../command.js'
import { shells } from '../completion-scripts.js'

export const builtins: readonly CommandText[] = [
  {
    name: 'help',
    operands: '[COMMAND]',
    mostOperands: 1,
    completes: 'command',
    summary: 'Explains the command line, or one command',
    options: [],
    about: [],
    examples: [{ line: 'brickwork help attach', does: 'Explains attach, as brickwork attach --help does.' }],
    answers: 'text',
  },
  {
    name: 'version',
    operands: '',
    mostOperands: 0,
    summary: 'Prints the version',
    options: [],
    about: [],
    examples: [{ line: 'brickwork version', does: 'Prints the version, as brickwork --version does.' }],
    answers: 'text',
  },
  {
    name: 'completion',
    operands: shells.join('|'),
    mostOperands: 1,
    completes: shells,
    summary: 'Prints the completion script of a shell',
    options: [],
    about: ['It completes commands, options, error codes, files and the ids of attachments.'],
    examples: [
      { line: 'source <(brickwork completion bash)', does: 'Completes in this bash. Put it into ~/.bashrc to keep it.' },
      { line: 'source <(brickwork completion zsh)', does: 'Completes in this zsh. Put it into ~/.zshrc, after compinit.' },
      {
        line: 'brickwork completion fish > ~/.config/fish/completions/brickwork.fish',
        does: 'Completes in fish from now on.',
      },
    ],
    answers: 'text',
  },
]
