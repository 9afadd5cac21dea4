/** Checks the arguments of options. It loads nothing of the library. */
import { didYouMean } from '../core/suggest.js'
import { parseDuration } from './duration.js'
import { parseSize } from './text/size.js'
import { usageError } from './usage-error.js'

const DAY_MS = 86_400_000
const MOST = 10_000

/** @throws `ERR_INVALID_ARGUMENT` with a hint for a number without a unit */
export function timeoutOf(text: string | undefined, command: string): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined) {
    const hint = /^[0-9.]+$/.test(text) ? `the unit is missing; did you mean ${text}s?` : 'not a time such as 500ms, 10s, 2m or 1h'
    throw usageError('--timeout', `--timeout: '${text}': ${hint}`, command)
  }
  if (ms < 1 || ms > DAY_MS) throw usageError('--timeout', `--timeout: '${text}': must be from 1ms to 24h`, command)
  return ms
}

export function sizeOf(text: string | undefined, command: string): number | undefined {
  if (text === undefined) return undefined
  const bytes = parseSize(text)
  if (bytes === undefined || bytes === 0)
    throw usageError('--size', `--size: '${text}': not a size such as 1073741824, 10G or 1.5T`, command)
  return bytes
}

/** @throws `ERR_INVALID_ARGUMENT` for anything but a number from 1 to {@link MOST} */
export function countOf(option: string, text: string | undefined, command: string): number | undefined {
  if (text === undefined) return undefined
  const count = /^[0-9]+$/.test(text) ? Number(text) : 0
  if (count < 1 || count > MOST) throw usageError(`--${option}`, `--${option}: '${text}': must be a number from 1 to ${MOST}`, command)
  return count
}

export function directoryOf(option: string, text: string | undefined, command: string): string | undefined {
  if (text === undefined || text.startsWith('/')) return text
  throw usageError(`--${option}`, `--${option}: '${text}': must be an absolute path`, command)
}

export function nameOf(option: string, text: string | undefined, command: string): string | undefined {
  if (text !== '') return text
  throw usageError(`--${option}`, `--${option}: must not be empty`, command)
}

/** One of a few words. */
export function wordOf<W extends string>(option: string, text: string | undefined, words: readonly W[], command: string): W | undefined {
  const word = words.find((each) => each === text)
  if (word !== undefined || text === undefined) return word
  throw usageError(`--${option}`, `--${option}: '${text}': must be ${words.join(' or ')}${didYouMean(text, words)}`, command)
}

/** The JSON value; its fields are checked later, with the library. */
export function jsonOf(option: string, text: string | undefined, command: string): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw usageError(`--${option}`, `--${option}: is not JSON`, command)
  }
}

export function unknownWord(what: string, word: string, candidates: Iterable<string>, command?: string): Error {
  return usageError(word, `${what} '${word}'${didYouMean(word, candidates)}`, command)
}
