/** The table of docs/command-line.md names every command, and no other. */
import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { allCommands } from '../../../lib/cli/commands.js'

const page = readFileSync('docs/command-line.md', 'utf8')
const table = page.slice(page.indexOf('| command |'), page.indexOf('\n\n', page.indexOf('| command |')))
const named = table
  .split('\n')
  .slice(2)
  .flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([a-z-]+)( [^`]*)?`/g)])
  .map(([, name = '', operands = '']) => ({ name, operands: operands.trim() }))

test('every command of the table of commands is in the table of the page', () => {
  const names = named.map(({ name }) => name).filter((name) => !name.startsWith('--'))
  expect(names.toSorted()).toEqual(allCommands.map(({ name }) => name).toSorted())
})

test('its operands are those of the command', () => {
  for (const { name, operands } of named.filter((row) => row.operands !== '' && !row.name.startsWith('--'))) {
    const command = allCommands.find((each) => each.name === name)
    const words = operands.replaceAll(/[[\]]/g, '').split(' ')
    for (const word of words) if (name !== 'completion') expect(`${name} ${command?.operands}`).toContain(word)
  }
})
