/** What an earlier boot has left of an attachment. */
import type { Connection } from '../connection/types.js'
import type { Connector } from './connector.js'
import type { Entry, HostObject } from './entry.js'
import type { Operation } from './operation.js'

/**
 * The journal was written before anything was made, and claims went with the boot: of an operation that the power's loss interrupted, what
 * was made in between is found by the connection, and by our mark.
 */
export async function lastingObjects(operation: Operation, connector: Connector, known: Entry): Promise<HostObject[]> {
  const written = connector.surviving(known.objects)
  const found = connector.surviving(await connector.discover(operation, known.connection as unknown as Connection))
  return [...written, ...found.filter(({ key }) => !written.some((object) => object.key === key))]
}
