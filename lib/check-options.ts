/** Checks the options of `createAttacher()` before anything of the host is read. */
import { line } from './connection/check.js'
import { BrickworkError } from './core/errors.js'
import type { Log } from './core/host.js'
import { didYouMean } from './core/suggest.js'

const owner = line(256)

interface Checked {
  readonly owner?: unknown
  readonly stateDir?: string | undefined
  readonly runDir?: string | undefined
  readonly trace?: string | undefined
  readonly log?: Log | undefined
  readonly queryOnly?: unknown
}

/** @throws `ERR_INVALID_ARGUMENT` naming the option. A mistyped name would otherwise do nothing, silently. */
export function checkOptions(options: Checked, names: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw invalid(name, `is not an option of createAttacher()${didYouMean(name, names)}`)
  if (options.owner !== undefined && !owner.safeParse(options.owner).success)
    throw invalid('owner', 'must have 1 to 256 bytes and no control characters')
  for (const name of ['stateDir', 'runDir', 'trace'] as const) requireText(name, options[name])
  for (const name of ['stateDir', 'runDir'] as const)
    if (options[name]?.startsWith('/') === false) throw invalid(name, 'must be an absolute path')
  for (const name of ['debug', 'warn'] as const)
    if (options.log !== undefined && typeof options.log[name] !== 'function') throw invalid('log', `must have the method ${name}()`)
  if (options.queryOnly !== undefined && typeof options.queryOnly !== 'boolean') throw invalid('queryOnly', 'must be true or false')
}
function requireText(name: string, value: unknown): void {
  if (value === undefined) return
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalid(name, 'must be a path')
}
function invalid(field: string, why: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${field}: ${why}`, { details: { field } })
}
