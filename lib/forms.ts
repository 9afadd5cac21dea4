/** Checks of all inputs, with the forms of all protocols. */
import type { FromCinderOptions } from './api/cinder.js'
import type { Connection } from './api/connection.js'
import type { PartialPolicy } from './api/policy.js'
import { parseCinder, parseCinderPolicy } from './connection/cinder.js'
import { checksOf } from './connection/schema.js'
import { forms } from './connectors/index.js'
import { type OptionKinds, requireKnownOptions } from './core/known-options.js'

export const checks = checksOf(forms)

/** The connection in words, one line for each path that it names. */
export function describeConnection(connection: Connection): readonly string[] {
  const form = forms.find(({ protocol }) => protocol === connection.protocol)
  return form === undefined ? [] : form.describe(form.canonical(connection))
}

/**
 * Converts OpenStack Cinder's `connection_info` to a connection.
 * @param connectionInfo `{ driver_volume_type, data }`, or only the `data` of an iSCSI volume, in its singular or plural form
 * @param options who opens the encryption of the volume
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` if a field is wrong, named in `details.field`. `ERR_UNSUPPORTED` for other volume
 * types, and for an encrypted volume without `encryption: 'caller'`.
 */
export function fromCinder(connectionInfo: unknown, options: FromCinderOptions = {}): Connection {
  requireKnownOptions(options, fromCinderKinds, 'fromCinder()')
  return checks.connection(parseCinder(connectionInfo, forms, options))
}
const fromCinderKinds: OptionKinds<FromCinderOptions> = { encryption: ['caller'] }

/**
 * The policy that Cinder's `connection_info` asks for: `multipath: 'require'` if it has `enforce_multipath`, else nothing. Cinder copies
 * that key from the connector of the host (`toCinderConnector()`).
 * @param connectionInfo as for {@link fromCinder}
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` if the key is neither true nor false.
 */
export function policyFromCinder(connectionInfo: unknown): PartialPolicy {
  return parseCinderPolicy(connectionInfo)
}
