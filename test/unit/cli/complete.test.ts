import { expect, test } from 'vitest'

import { wordsOf } from '../../../lib/cli/completion.js'
import { commands } from '../../../lib/cli/commands.js'
import { optionTable } from '../../../lib/cli/option-table.js'
import { connection, shellWithVolume } from './shell.js'

const { brickwork, files } = shellWithVolume()
const offered = async (...words: string[]) =>
  (await brickwork('completion', 'words', '--', ...words)).out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '')

test.each([
  [['att'], ['attach']],
  [['re'], ['recover', 'resize']],
  [['--ver'], ['--version']],
  [['detach', '--fo'], ['--force']],
  [['list', '--po'], []],
  [['--json', 'detach', '--fo'], ['--force']],
  [['--owner', 'detach', 'ins'], ['inspect']],
  [['attach', ''], [':files']],
  [['attach', 'request.json', ''], []],
  [['detach', '--connection', ''], [':files']],
  [['detach', '--connection=x'], [':files']],
  [['list', '--state-dir', ''], [':directories']],
  [['--explain', 'ERR_HEL'], ['ERR_HELD']],
  [['--explain=ERR_HEL'], ['--explain=ERR_HELD']],
  [['help', 'det'], ['detach']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['list', '--timeout', ''], []],
  [['nonsense', ''], []],
])('after brickwork %j it offers %j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expected)
})

test('it offers every command, and every option of each', async () => {
  expect(await offered('')).toEqual([...commands.map(({ name }) => name), 'help', 'version', 'completion'])
  for (const { name, options } of commands) {
    const all = await offered(name, '--')
    for (const option of options) expect(all).toContain(`--${option}`)
    expect(all.every((word) => word.slice(2) in optionTable)).toBe(true)
  }
})

test('it offers the ids of attachments, of the owner that the line names', async () => {
  for (const id of ['vol-1', 'vol 2', 'other']) files.set(id, JSON.stringify({ id, connection }))
  for (const id of ['vol-1', 'vol 2']) expect((await brickwork('attach', id)).code).toBe(0)
  expect((await brickwork('attach', 'other', '--owner', 'me')).code).toBe(0)
  expect(await offered('detach', 'vol')).toEqual(['vol 2', 'vol-1'])
  for (const command of ['inspect', 'resize']) expect(await offered(command, '')).toEqual(['vol 2', 'vol-1'])
  expect(await offered('detach', '--owner', 'me', '')).toEqual(['other'])
  expect(await offered('detach', '--owner=me', '')).toEqual(['other'])
})

test.each([
  ['brickwork ', ['brickwork', '']],
  ['brickwork  detach vol\\ 1', ['brickwork', 'detach', 'vol 1']],
  [`brickwork detach 'a "b' "c 'd`, ['brickwork', 'detach', 'a "b', "c 'd"]],
])('the line %j has the words %j', (line, words) => {
  expect(wordsOf(line)).toEqual(words)
})

test('an unknown shell is refused, with the known ones', async () => {
  expect((await brickwork('completion')).err).toContain('bash, zsh, fish')
  expect((await brickwork('completion', 'bsh')).err).toContain("did you mean 'bash'?")
})
