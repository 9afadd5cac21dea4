import type { Connection } from '../../api/connection.js'
import type { Operation } from '../../operation/operation.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import { type ScannedDisk, scanLun } from './scan-lun.js'

export interface BroughtUp {
  readonly nexus: Nexus
  /** As {@link scanLun} returns it. */
  readonly scanned: ScannedDisk | undefined
}

/**
 * Connects the path and scans its LUN once. A nexus that this creates is scanned before anybody else can use it, so that one write of the
 * claim has both the nexus and its disk. `known` is called as soon as there is a nexus.
 */
export async function bringUp(
  operation: Operation,
  transport: Transport,
  path: NamedPath,
  connection: Connection,
  shareMs: number,
  known: (nexus: Nexus) => void = () => undefined,
): Promise<BroughtUp> {
  let first: Pick<BroughtUp, 'scanned'> | undefined
  const nexus = await transport.connect(operation, path, connection, shareMs, async (fresh, created) => {
    known(fresh)
    first = { scanned: await scanLun(operation, transport, fresh, path, created) }
  })
  known(nexus)
  return { nexus, ...(first ?? { scanned: await scanLun(operation, transport, nexus, path) }) }
}
