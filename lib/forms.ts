/** Checks of all inputs, with the forms of all protocols. */
import type { Connection } from './api/connection.js'
import { parseCinder } from './connection/cinder.js'
import { checksOf } from './connection/schema.js'
import { forms } from './connectors/index.js'

export const checks = checksOf(forms)

/**
 * Converts OpenStack Cinder's `connection_info` to a connection.
 * @param connectionInfo `{ driver_volume_type, data }`, or only the `data` of an iSCSI volume, in its singular or plural form
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` if a field is wrong, named in `details.field`. `ERR_UNSUPPORTED` for other volume
 * types.
 */
export function fromCinder(connectionInfo: unknown): Connection {
  return checks.connection(parseCinder(connectionInfo, forms))
}
