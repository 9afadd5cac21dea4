// Manual pages (roff, man(7)) of the command line, from the same table as its help.

/** @typedef {import('../../lib/cli/command.js').CommandText} CommandText */
/** @typedef {{ readonly flag: string, readonly help: string }} OptionText */
/**
 * @typedef {object} Source
 * @property {readonly CommandText[]} commands
 * @property {(command: CommandText) => readonly OptionText[]} optionsOf
 * @property {readonly OptionText[]} globalOptions
 * @property {readonly (readonly [code: string, meaning: string])[]} exitCodes
 * @property {string} version
 */

const SUMMARY = 'Attaches network block volumes to this host and detaches them'

/** The pages by their file name. @param {Source} source @returns {Readonly<Record<string, string>>} */
export function manualPages(source) {
  /** @type {[string, string][]} */
  const pages = source.commands.map((command) => [`brickwork-${command.name}.1`, commandPage(command, source)])
  return Object.fromEntries([['brickwork.1', mainPage(source)], ...pages])
}

/** @param {Source} source */
function mainPage({ commands, globalOptions, exitCodes, version }) {
  return page([
    header('brickwork', version),
    ...section('NAME', [`brickwork \\- ${text(SUMMARY)}`]),
    ...section('SYNOPSIS', ['.B brickwork', '.I COMMAND', '[options]']),
    ...section('DESCRIPTION', [
      text(
        'Brickwork verifies the identity of a volume before it returns its device, rolls back what fails, and checks what a detach removed.',
      ),
      text('Commands that change the host need root.'),
    ]),
    ...section(
      'COMMANDS',
      commands.flatMap(({ name, summary }) => ['.TP', `.BR brickwork\\-${escaped(name)} (1)`, `${text(summary)}.`]),
    ),
    ...section('OPTIONS', tagged(globalOptions)),
    ...exitStatus(exitCodes),
    ...section(
      'ENVIRONMENT',
      tagged([
        { flag: 'NO_COLOR', help: 'If it is set and not empty, nothing is coloured.' },
        {
          flag: 'FORCE_COLOR',
          help: 'If it is set and not empty, output is coloured also when it goes to no terminal; 0 means never. NO_COLOR takes precedence.',
        },
      ]),
    ),
    ...section(
      'FILES',
      tagged([
        { flag: '/var/lib/brickwork', help: 'The journal: it survives reboots.' },
        { flag: '/run/brickwork', help: 'Claims, locks and stable links of all owners.' },
      ]),
    ),
    ...seeAlso(commands.map(({ name }) => `brickwork-${name}`)),
  ])
}

/** @param {CommandText} command @param {Source} source */
function commandPage(command, { optionsOf, exitCodes, version, commands }) {
  const { name, operands, summary, about, examples } = command
  return page([
    header(`brickwork-${name}`, version),
    ...section('NAME', [`brickwork\\-${escaped(name)} \\- ${text(summary)}`]),
    ...section('SYNOPSIS', [`.B brickwork ${escaped(name)}`, ...(operands === '' ? [] : [text(operands)]), '[options]']),
    ...section('DESCRIPTION', [`${text(summary)}.`, ...(about.length === 0 ? [] : verbatim(about))]),
    ...section('OPTIONS', tagged(optionsOf(command))),
    ...section(
      'EXAMPLES',
      examples.flatMap(({ line, does }) => ['.TP', `.B ${escaped(line)}`, text(does)]),
    ),
    ...exitStatus(exitCodes),
    ...seeAlso(['brickwork', ...commands.filter((each) => each.name !== name).map((each) => `brickwork-${each.name}`)]),
  ])
}

/** @param {readonly string[]} lines */
const page = (lines) => `${lines.join('\n')}\n`
/** Without a date: the same sources make the same page. @param {string} name @param {string} version */
const header = (name, version) => `.TH ${escaped(name.toUpperCase())} 1 "" "brickwork ${version}" "Brickwork"`
/** @param {string} heading @param {readonly string[]} lines */
const section = (heading, lines) => [`.SH ${heading}`, ...lines]
/** @param {readonly OptionText[]} rows */
const tagged = (rows) =>
  rows.flatMap(({ flag, help }) => [
    '.TP',
    `.B ${escaped(flag)}`,
    text(`${help.charAt(0).toUpperCase()}${help.slice(1).replace(/\.$/, '')}.`),
  ])
/** Lines that are aligned as they stand. @param {readonly string[]} lines */
const verbatim = (lines) => ['.PP', '.nf', ...lines.map((line) => (line === '' ? '\\&' : text(line))), '.fi']
/** @param {Source['exitCodes']} codes */
const exitStatus = (codes) => section('EXIT STATUS', tagged(codes.map(([flag, help]) => ({ flag, help }))))
/** @param {readonly string[]} names */
const seeAlso = (names) =>
  section(
    'SEE ALSO',
    names.map((name, index) => `.BR ${escaped(name)} (1)${index === names.length - 1 ? '' : ' ,'}`),
  )

/** A line of text: one that begins with a dot or a quote is no request. @param {string} line */
function text(line) {
  const safe = escaped(line)
  return /^[.']/.test(safe) ? `\\&${safe}` : safe
}
/** ASCII hyphens and quotes stay what they are, so that they can be copied. @param {string} words */
function escaped(words) {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replaceAll('"', '\\(dq')
}
