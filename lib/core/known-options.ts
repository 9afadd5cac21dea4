/** Refuses options that are not known: a mistyped one would otherwise do nothing, silently. */
import { BrickworkError } from './errors.js'
import { didYouMean } from './suggest.js'

/** What an option may be. `any`: it is checked elsewhere. A list: one of these words. `undefined` is allowed for each. */
export type OptionKind = 'any' | 'boolean' | 'text' | 'function' | 'signal' | readonly string[]
/** Every option of a type, as the compiler checks. */
export type OptionKinds<T> = { readonly [K in keyof Required<T>]: OptionKind }

/**
 * @param call the function in the message: `createHost()`
 * @param within the option that has these options: `namespaces`. Default: the argument itself
 * @throws `ERR_INVALID_ARGUMENT` naming the option
 */
export function requireKnownOptions(options: unknown, kinds: Readonly<Record<string, OptionKind>>, call: string, within?: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw wrongOption(within ?? 'options', `must be an object with the options of ${call}`)
  for (const [name, value] of Object.entries(options)) {
    const field = within === undefined ? name : `${within}.${name}`
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind === undefined) throw wrongOption(field, `is not an option of ${call}${didYouMean(name, Object.keys(kinds))}`)
    const problem = value === undefined ? undefined : problemWith(value, kind)
    if (problem !== undefined) throw wrongOption(field, problem)
  }
}

export function wrongOption(field: string, why: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${field}: ${why}`, { details: { field } })
}

function problemWith(value: unknown, kind: OptionKind): string | undefined {
  if (typeof kind !== 'string') return kind.some((word) => word === value) ? undefined : `must be ${kind.join(' or ')}`
  if (kind === 'boolean') return typeof value === 'boolean' ? undefined : 'must be true or false'
  if (kind === 'text') return typeof value === 'string' && value !== '' && !value.includes('\0') ? undefined : 'must be a path'
  if (kind === 'function') return typeof value === 'function' ? undefined : 'must be a function'
  if (kind === 'signal') return isSignal(value) ? undefined : 'must be an AbortSignal'
  return undefined
}
/** A signal of another realm or library counts too. */
function isSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}
