import { expect, test } from 'vitest'

import { formatDuration, parseDuration } from '../../../lib/cli/duration.js'
import { failureDocument, failureLines } from '../../../lib/cli/text/failure.js'
import { toJson } from '../../../lib/cli/text/json.js'
import { columns } from '../../../lib/cli/text/layout.js'
import { printable } from '../../../lib/cli/text/printable.js'
import { textOfLine } from '../../../lib/cli/text/toned.js'
import { formatSize, parseSize } from '../../../lib/cli/text/size.js'
import { BrickworkError } from '../../../lib/index.js'

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1_048_575, '1 MiB'],
  [1536 * 1024 * 1024, '1.5 GiB'],
  [2 ** 40, '1 TiB'],
  [2 ** 70, '1024 EiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5m', 90_000],
  ['10', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['1h', 3_600_000],
  ['1d', undefined],
])('the time %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  ['1073741824', 2 ** 30],
  ['512B', 512],
  ['1G', 2 ** 30],
  ['10g', 10 * 2 ** 30],
  ['1.5TiB', 1.5 * 2 ** 40],
  ['20GB', 20 * 2 ** 30],
  ['0.3B', undefined],
  ['1X', undefined],
  ['G', undefined],
  ['-1G', undefined],
  ['9999999E', undefined],
])('the size %s is %s bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test('durations are said in the unit that fits', () => {
  expect([formatDuration(12.4), formatDuration(1000), formatDuration(12_340)]).toEqual(['12 ms', '1.0 s', '12.3 s'])
})

test('columns are aligned by characters and have nothing at their ends', () => {
  expect(
    columns([
      ['a', 'b'],
      ['größer', 'x'],
      ['c', ''],
    ]),
  ).toEqual(['a       b', 'größer  x', 'c'])
})

test('what a device calls itself does not drive the terminal', () => {
  expect(printable('a\u001b[31mb\u0007\u009bc\nd')).toBe('a?[31mb??c\nd')
})

test('errors within details are told by code and message', () => {
  const inner = new BrickworkError('ERR_KERNEL', 'EIO')
  const document = failureDocument(
    new BrickworkError('ERR_CONFLICT', 'two things', { details: { attached: inner, asked: 1n }, sideEffects: 'left' }),
  )
  expect(JSON.parse(toJson(document))).toEqual({
    error: {
      code: 'ERR_CONFLICT',
      message: 'two things',
      sideEffects: 'left',
      details: { attached: { code: 'ERR_KERNEL', message: 'EIO', details: {} }, asked: '1' },
      retryable: false,
    },
  })
})

test('an error that nobody foresaw is an error of ours, and the worst is said of the host', () => {
  expect(failureLines(new TypeError('x is not a function'), false).map(textOfLine)).toEqual([
    'brickwork: unexpected error: x is not a function',
  ])
  expect(failureDocument(new TypeError('x'))).toMatchObject({ error: { code: 'ERR_INTERNAL', sideEffects: 'left' } })
})
