/** The paths of a connection: each address of each portal. */
import type { NvmeConnection, NvmePortal } from '../../api/nvme-connection.js'
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Operation } from '../../operation/operation.js'
import { resolveName } from '../../operation/resolve-name.js'
import { portalOf } from './connection.js'
import { labelOf } from './objects.js'
import { canonicalNvmePortal, DEFAULT_PORT, isLiteral } from './portal.js'
import type { PortalPath } from './portal-path.js'

export interface ResolvedPaths {
  readonly portalPaths: readonly PortalPath[]
  /** Names that have no address now: each is a path that is missing. */
  readonly missing: readonly BrickworkError[]
}

/** @throws `ERR_TARGET_UNREACHABLE` when no portal has an address. */
export async function resolvePaths(
  operation: Operation,
  { nqn, portals }: Pick<NvmeConnection, 'nqn' | 'portals'>,
): Promise<ResolvedPaths> {
  const missing: BrickworkError[] = []
  const found = await Promise.all(
    portals.map(async (given) => {
      const portal = canonicalNvmePortal(portalOf(given))
      const addresses = await addressesOf(operation, portal).catch((error: unknown) => {
        operation.signal.throwIfAborted()
        if (!isBrickworkError(error)) throw error
        missing.push(error)
        return []
      })
      return addresses.map((address) => portalPathOf(nqn, portal, address))
    }),
  )
  const all = found.flat()
  const portalPaths = all.filter((portalPath, index) => all.findIndex((each) => samePath(each, portalPath)) === index)
  const [first] = missing
  if (portalPaths.length === 0 && first !== undefined) throw first
  return { portalPaths, missing }
}
/** Whether the paths of the connection depend on a look-up. */
export function hasNames({ portals }: Pick<NvmeConnection, 'portals'>): boolean {
  return portals.some((given) => !isLiteral(portalOf(given).address))
}
function samePath(a: PortalPath, b: PortalPath): boolean {
  return a.label === b.label && a.hostAddress === b.hostAddress && a.hostInterface === b.hostInterface
}
function portalPathOf(nqn: string, { port = DEFAULT_PORT, hostAddress, hostInterface }: NvmePortal, address: string): PortalPath {
  return { nqn, address, port, hostAddress, hostInterface, label: labelOf(address, port) }
}

async function addressesOf(operation: Operation, { address }: NvmePortal): Promise<readonly string[]> {
  return isLiteral(address) ? [address] : await resolveName(operation, address)
}
