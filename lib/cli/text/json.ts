import { isBrickworkError } from '../../core/errors.js'

/** One line of JSON. Writes code and message of errors, which JSON.stringify would leave out. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return each.toString()
    if (isBrickworkError(each)) return { code: each.code, message: each.message, details: each.details }
    return each instanceof Error ? { message: each.message } : each
  })
}
