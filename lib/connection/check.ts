import type * as zod from 'zod'
import type { FieldProblem } from '../core/error-details/common.js'
import { BrickworkError } from '../core/errors.js'
import { hasControls } from '../core/line.js'
import { lazy } from '../core/lazy.js'
import { didYouMean } from '../core/suggest.js'
import { z } from './zod.js'

/** A text of 1 to `most` bytes without control characters. */
export const line = (most: number) =>
  z
    .string()
    .refine((text) => text.length > 0 && Buffer.byteLength(text) <= most, `must have 1 to ${most} bytes`)
    .refine((text) => !hasControls(text), 'must have no control characters')

/** `ro` for a volume that is only read. */
export const accessMode = lazy(() => z.enum(['rw', 'ro']).optional())

/**
 * @throws `ERR_INVALID_ARGUMENT` naming each wrong field, the first one in `details.field`. The message never contains the value, which may
 * be a misplaced secret.
 */
export function check<T>(schema: zod.ZodType<T>, value: unknown, what: string): T {
  const { data, issues } = parsed(schema, value)
  if (issues === undefined) return data
  throw invalid(problemsOf(issues, what))
}
type Parsed<T> =
  | { readonly data: T; readonly issues?: undefined }
  | { readonly data?: undefined; readonly issues: readonly zod.core.$ZodIssue[] }
/** Issues as {@link problemsOf} reads them. */
export function parsed<T>(schema: zod.ZodType<T>, value: unknown): Parsed<T> {
  const result = schema.safeParse(value, { error: wordsOf })
  return result.success ? { data: result.data } : { issues: result.error.issues }
}
/** Says what is wrong in words, or for an unknown key the keys that are known: {@link problemsOf} needs them. */
function wordsOf({ code, inst, input, ...issue }: zod.core.$ZodRawIssue): string | undefined {
  if (code === 'unrecognized_keys') return inst instanceof z.ZodObject ? Object.keys(inst.shape).join(' ') : ''
  if (code !== 'invalid_union' || typeof issue['discriminator'] !== 'string' || !Array.isArray(issue['options'])) return undefined
  const options = issue['options'].map(String)
  const given: unknown = (input as Readonly<Record<string, unknown>>)[issue['discriminator']]
  const meant = typeof given === 'string' ? didYouMean(given, options) : ''
  return `must be ${options.map((option) => `'${option}'`).join(' or ')}${meant}`
}
/** How many problems a message names. `details.problems` has all. */
const MOST_SAID = 5
/** One error for all problems. */
export function invalid(problems: readonly FieldProblem[]): BrickworkError {
  const [first] = problems
  const said = problems.slice(0, MOST_SAID).map(({ field, message }) => `${field}: ${message}`)
  const more = problems.length > MOST_SAID ? [`and ${problems.length - MOST_SAID} more`] : []
  return new BrickworkError('ERR_INVALID_ARGUMENT', [...said, ...more].join('; '), {
    details: { ...(first === undefined ? {} : { field: first.field }), problems },
  })
}
/** The problems that {@link parsed} has found. `what`: name of the value, if it has one. */
export function problemsOf(issues: readonly zod.core.$ZodIssue[], what: string): FieldProblem[] {
  const found = issues.map(deepest).flatMap((issue): FieldProblem[] => {
    const field = fieldOf([...(what === '' ? [] : [what]), ...issue.path])
    if (issue.code !== 'unrecognized_keys') return [{ field, message: issue.message }]
    const known = issue.message.split(' ')
    return issue.keys.map((key) => ({
      field: field === '' ? key : `${field}.${key}`,
      message: `is not known${didYouMean(key, known)}`,
    }))
  })
  // Two checks of one field may complain about the same thing.
  return found.filter((each, index) => found.findIndex(({ field }) => field === each.field) === index)
}
function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`),
    '',
  )
}

/** For a failed union, the issue of the branch that matched furthest. */
function deepest(issue: zod.core.$ZodIssue): zod.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue
  const inner = issue.errors.flat()
  if (inner.length === 0) return issue
  const best = inner.reduce((a, b) => (b.path.length > a.path.length ? b : a))
  return deepest({ ...best, path: [...issue.path, ...best.path] })
}
