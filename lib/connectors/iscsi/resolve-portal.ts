/** Resolves a portal of a connection, given by address or name, to its current addresses. */
import { parseNamedPortal, type Portal, portalOf } from '../../core/portal.js'
import type { Operation } from '../../operation/operation.js'
import { resolveName } from '../../operation/resolve-name.js'

/** @throws `ERR_TARGET_UNREACHABLE` when the name has no address. */
export async function addressesOf(operation: Operation, portal: string): Promise<[Portal, ...Portal[]]> {
  const named = parseNamedPortal(portal)
  if (named === undefined) return [portalOf(portal)]
  const { name, port } = named
  const [first, ...more] = await resolveName(operation, name)
  return [{ address: first, port }, ...more.map((address) => ({ address, port }))]
}
