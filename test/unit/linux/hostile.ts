/** Malformed input: samples cut into words, put together in any order, repeated, with anything between. */
import fc from 'fast-check'

import { isBrickworkError } from '../../../lib/core/errors.js'

/** The result must be a value or a BrickworkError. Any other exception is a failure. */
export function answers<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (isBrickworkError(error)) return undefined
    throw error
  }
}

const wordsOf = (sample: string) => sample.split(/([^0-9A-Za-z]+|[0-9]+)/).filter((word) => word !== '')
export function piecesOf(samples: readonly string[]): string[] {
  return [...new Set(samples.flatMap((sample) => [sample, ...wordsOf(sample)]))]
}

export function spoiledText(samples: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...piecesOf(samples), '\n', ' ', '\0', ':', '=', '-1', '99999999999999999999', '\u{1f4be}')
  const repeated = fc.tuple(piece, fc.integer({ min: 2, max: 300 })).map(([text, times]) => text.repeat(times))
  const part = fc.oneof({ weight: 6, arbitrary: piece }, { weight: 1, arbitrary: repeated }, { weight: 1, arbitrary: fc.string() })
  const parts = fc.array(part, { maxLength: 20, size: 'max' }).map((all) => all.join(''))
  // Correct except for some words.
  const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(part, fc.constant(''))), { minLength: 1, maxLength: 4 })
  const edited = fc.tuple(fc.constantFrom(...samples), edits).map(([sample, changes]) => {
    const words = wordsOf(sample)
    for (const [at, word] of changes) words[at % words.length] = word
    return words.join('')
  })
  return fc.oneof(
    { weight: 3, arbitrary: edited },
    { weight: 2, arbitrary: parts },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )
}

/** Sample bytes with some changes, truncated at any place, with anything appended; or unrelated bytes. */
export function spoiledBytes(...samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const spoiled = fc.tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
    fc.nat(),
    fc.uint8Array({ maxLength: 12 }),
  )
  return fc.oneof(
    spoiled.map(([sample, changes, cut, behind]) => {
      const bytes = Uint8Array.from(sample)
      for (const [at, value] of changes) bytes[at % Math.max(1, bytes.length)] = value
      return Buffer.concat([cut % 2 === 0 ? bytes : bytes.subarray(0, cut % (bytes.length + 1)), behind])
    }),
    fc.uint8Array({ maxLength: 300 }),
  )
}

const HOSTILE_BYTES = 64 * 1024
/** Texts of 64 KiB that make a pattern backtrack: one word repeated, with text before it and after it. */
export function longTexts(samples: readonly string[]): string[] {
  const words = [...new Set([...piecesOf(samples).filter(({ length }) => length < 40), '\n', ' ', '\t', ':', '0', 'a'])]
  const long = words.map((word) => word.repeat(HOSTILE_BYTES / word.length))
  const starts = ['', ...samples.map((sample) => sample.slice(0, sample.length / 2)), ...samples]
  return long.flatMap((text) => starts.flatMap((start) => [start + text, `${start}${text}!`]))
}
