import { expect, test } from 'vitest'

import { usesColour } from '../../../lib/cli/colour.js'
import { columns, sheet, tonedColumns } from '../../../lib/cli/text/layout.js'
import { textOfLine, toned, written } from '../../../lib/cli/text/toned.js'
import { fitted, widthOf } from '../../../lib/cli/text/width.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { connection, IQN, PORTAL, shell } from './shell.js'

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { TERM: 'xterm' }, true],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '0' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, { NO_COLOR: '' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { FORCE_COLOR: 'true', TERM: 'dumb' }, true],
  [false, { FORCE_COLOR: '' }, false],
  [true, { FORCE_COLOR: '' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { FORCE_COLOR: 'false' }, false],
  [false, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [false, { NO_COLOR: '', FORCE_COLOR: '1' }, true],
])('terminal: %s, environment: %j, colours: %s', (isTerminal, env, colours) => {
  expect(usesColour(isTerminal, env)).toBe(colours)
})

test('each tone is a colour that ends with its text; without colours there is the text alone', () => {
  const line = ['a ', toned('good', 'b'), toned('warning', 'c'), toned('bad', 'd'), toned('heading', 'e')]
  expect(written(line, true)).toBe('a \u001b[32mb\u001b[39m\u001b[33mc\u001b[39m\u001b[31md\u001b[39m\u001b[1me\u001b[22m')
  expect(written(line, false)).toBe('a bcde')
  expect(textOfLine(line)).toBe('a bcde')
})

test('a name makes no colours of its own, and does not change the order of the text', () => {
  const name = 'x\u001b[31m\u202ey\u009b1m'
  expect(written([name, toned('bad', name)], true)).toBe('x?[31m?y?1m\u001b[31mx?[31m?y?1m\u001b[39m')
})

test('colours take no place in columns, and none of the space between them', () => {
  const rows = [
    [toned('good', 'attached'), 'yes', ''],
    ['detaching', toned('bad', 'no'), ' '],
  ]
  expect(tonedColumns(rows).map((line) => written(line, true))).toEqual([
    '\u001b[32mattached\u001b[39m   yes',
    'detaching  \u001b[31mno\u001b[39m',
  ])
  expect(sheet('head', [[toned('warning', 'a'), ['1', '2']]]).map((line) => written(line, true))).toEqual([
    'head',
    '  \u001b[33ma\u001b[39m  1',
    '     2',
  ])
})

test.each([
  ['vol', 3],
  ['größe', 5],
  ['e\u0301', 1],
  ['データ', 6],
  ['卷一', 4],
  ['볼륨', 4],
  ['ﾃﾞ', 2],
  ['Ａ', 2],
  ['📀', 2],
  ['a\u200bb', 2],
  ['\u00ad', 1],
  ['\u202e', 1],
  ['\t', 1],
  ['𠀀', 2],
])('%s takes %i columns of a terminal', (text, columnsOfTerminal) => {
  expect(widthOf(text)).toBe(columnsOfTerminal)
})

test('wide characters are aligned, and cut where they no longer fit', () => {
  expect(
    columns([
      ['データ', 'x'],
      ['ab', 'x'],
    ]),
  ).toEqual(['データ  x', 'ab      x'])
  expect(['データ', 'abcdef'].map((text) => fitted(text, 6))).toEqual(['データ', 'abcdef'])
  expect(['データ', 'abcdef', 'e\u0301e\u0301e\u0301'].map((text) => fitted(text, 5))).toEqual(['デー…', 'abcd…', 'e\u0301e\u0301e\u0301'])
  expect(['データ', 'ab'].map((text) => fitted(text, 1))).toEqual(['…', '…'])
  expect(fitted('ab', 0)).toBe('')
})

function coloured(stdout: boolean, stderr: boolean) {
  const host = new FakeHost()
  host.storage.volume('vol', { sizeMb: 64 })
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'vol' } })
  const result = shell(host, { stdout, stderr })
  result.files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  return result
}

test('list, doctor and errors have colours, each on its own output', async () => {
  const { brickwork } = coloured(true, false)
  await brickwork('attach', '-')
  const list = await brickwork('list')
  expect(list.out).toContain('\u001b[1mID\u001b[22m')
  expect(list.out).toContain('\u001b[32mattached\u001b[39m')
  expect((await brickwork('doctor')).out).toContain('\u001b[33mWarnings\u001b[39m\n')
  expect((await brickwork('inspect', 'nope')).err).not.toContain('\u001b')

  const { err } = await coloured(false, true).brickwork('inspect', 'nope')
  expect(err).toContain('brickwork: \u001b[31mERR_NOT_ATTACHED\u001b[39m: ')
  const plainList = await coloured(false, true).brickwork('list')
  expect(plainList.out).not.toContain('\u001b')
})

test('JSON has no colours, also where they are forced', async () => {
  const { brickwork } = coloured(true, true)
  for (const said of [
    await brickwork('attach', '-', '--json'),
    await brickwork('list', '--json'),
    await brickwork('inspect', 'x', '--json'),
  ])
    expect(said.out + said.err).not.toContain('\u001b')
})
