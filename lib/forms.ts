/** What callers pass, checked by the forms of all protocols. */
import type { Connection } from './api/connection.js'
import { parseCinder } from './connection/cinder.js'
import { checksOf } from './connection/schema.js'
import { forms } from './connectors/index.js'

export const checks = checksOf(forms)

/**
 * The connection of a volume as OpenStack Cinder describes it: `{ driver_volume_type, data }`, or the `data` of an iSCSI volume alone, in its
 * singular or plural form.
 * @throws `ERR_INVALID_ARGUMENT` naming the field; `ERR_UNSUPPORTED` for other volume types.
 */
export function fromCinder(connectionInfo: unknown): Connection {
  return checks.connection(parseCinder(connectionInfo, forms))
}
