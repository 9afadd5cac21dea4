/** Checks the options of `createAttacher()` before anything of the host is read. */
import type { AttacherOptions } from './attacher-options.js'
import { isLine, MOST_ID_BYTES } from './core/line.js'
import { type OptionKinds, requireKnownOptions, wrongOption } from './core/known-options.js'

const kinds: OptionKinds<AttacherOptions> = {
  owner: 'any',
  stateDir: 'text',
  runDir: 'text',
  host: 'any',
  policy: 'any',
  healIntervalMs: 'any',
  limits: 'any',
  log: 'any',
  trace: 'text',
  queryOnly: 'boolean',
}

/** @throws `ERR_INVALID_ARGUMENT` naming the option */
export function checkOptions(options: AttacherOptions): void {
  requireKnownOptions(options, kinds, 'createAttacher()')
  if (options.owner !== undefined && !isLine(options.owner, MOST_ID_BYTES))
    throw wrongOption('owner', 'must have 1 to 256 bytes and no control characters')
  for (const name of ['stateDir', 'runDir'] as const)
    if (options[name]?.startsWith('/') === false) throw wrongOption(name, 'must be an absolute path')
  for (const name of ['debug', 'warn'] as const)
    if (options.log !== undefined && typeof options.log[name] !== 'function') throw wrongOption('log', `must have the method ${name}()`)
}
