/** Checks the options of `createAttacher()` before anything of the host is read. */
import type { AttacherOptions } from './attacher-options.js'
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
  if (options.owner !== undefined && !isOwner(options.owner))
    throw wrongOption('owner', 'must have 1 to 256 bytes and no control characters')
  for (const name of ['stateDir', 'runDir'] as const)
    if (options[name]?.startsWith('/') === false) throw wrongOption(name, 'must be an absolute path')
  for (const name of ['debug', 'warn'] as const)
    if (options.log !== undefined && typeof options.log[name] !== 'function') throw wrongOption('log', `must have the method ${name}()`)
}

function isOwner(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && Buffer.byteLength(value) <= 256 && !/[\u0000-\u001f\u007f]/.test(value)
}
