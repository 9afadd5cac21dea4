import { z } from 'zod'
import { BrickworkError } from '../core/errors.js'

/** A text of 1 to `most` bytes without control characters. */
export const line = (most: number) =>
  z
    .string()
    .refine((text) => text.length > 0 && Buffer.byteLength(text) <= most, `must have 1 to ${most} bytes`)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must have no control characters')

/** `ro` for a volume that is only read. */
export const accessMode = z.enum(['rw', 'ro']).optional()

/** @throws `ERR_INVALID_ARGUMENT` naming the field. The message never contains the value, which may be a misplaced secret. */
export function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = deepest(result.error.issues[0])
  const field = [what, ...(issue?.path ?? [])].reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`),
    '',
  )
  const named = issue?.code === 'unrecognized_keys' ? `${field}.${issue.keys[0] ?? ''}` : field
  const why = issue?.code === 'unrecognized_keys' ? 'is not known' : (issue?.message ?? 'is not valid')
  throw new BrickworkError('ERR_INVALID_ARGUMENT', `${named}: ${why}`, { details: { field: named } })
}

/** For a failed union, the issue of the branch that matched furthest. */
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union') return issue
  const inner = issue.errors.flat()
  if (inner.length === 0) return issue
  const best = inner.reduce((a, b) => (b.path.length > a.path.length ? b : a))
  return deepest({ ...best, path: [...issue.path, ...best.path] })
}
