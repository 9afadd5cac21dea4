import { expect, test } from 'vitest'
import fc from 'fast-check'

import { jsonProblem } from '../../../lib/cli/json-problem.js'

test.each([
  ['{bad', 1, 2, 'a name in double quotes is expected'],
  ['{"a": oops}', 1, 7, 'a value is expected'],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, "',' or '}' is expected"],
  ['[1, 2,]', 1, 7, "',' before ']' is not allowed"],
  ['{"a" 1}', 1, 6, "':' is expected after a name"],
  ['{"a": "x', 1, 9, 'a text has no closing quote'],
  ['{"a": "x\ny"}', 1, 9, 'a line break or control character is inside a text'],
  ['{"a": "\\x"}', 1, 8, 'an escape is not valid'],
  ['{"a": 1', 1, 8, "',' or '}' is expected"],
  ['{"a":', 1, 6, 'the text ends where a value is expected'],
  ['{"a": 01}', 1, 7, 'a value is expected'],
  ['{} {}', 1, 4, 'there is more text after the end of the document'],
  ["{'a': 1}", 1, 2, 'a name in double quotes is expected'],
  ['{"größe": 1,\n "ü": x}', 2, 7, 'a value is expected'],
])('%j is wrong in line %i, column %i: %s', (text, line, column, reason) => {
  expect(jsonProblem(text)).toEqual({ line, column, reason })
})

test('it finds a problem exactly where JSON.parse does not accept the text', () => {
  const accepts = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    '1',
    '-',
    '0',
    '.5',
    'e3',
    'true',
    'null',
    ' ',
    '\n',
    'u0041',
  )
  const broken = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(broken, fc.json()), (text) => {
      expect(jsonProblem(text) === undefined).toBe(accepts(text))
    }),
    { numRuns: 2000 },
  )
})
