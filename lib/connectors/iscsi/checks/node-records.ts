/** The node records of open-iscsi, as several checks need them. */
import { formatPortal, normalAddress } from '../../../core/portal.js'
import { DATABASE_ROOTS } from '../../../linux/iscsi/installation.js'
import { DEFAULT_IFACE } from '../../../linux/iscsi/session.js'
import type { Fact } from '../../../operation/host-check.js'

export interface NodeRecord {
  readonly file: string
  readonly text: string
}
/** Every file below `nodes`, in both databases. The text may contain secrets. */
export const nodeRecords: Fact<readonly NodeRecord[]> = async ({ host }) => {
  const read = async (path: string, depth: number): Promise<NodeRecord[]> => {
    const stat = await host.files.stat(path)
    if (stat?.type === 'file') {
      const text = await host.files.read(path)
      return text === undefined ? [] : [{ file: path, text }]
    }
    if (stat?.type !== 'directory' || depth === 0) return []
    return (await Promise.all((await host.files.list(path)).map((name) => read(`${path}/${name}`, depth - 1)))).flat()
  }
  return (await Promise.all(DATABASE_ROOTS.map((root) => read(`${root}/nodes`, 3)))).flat()
}

/** Target, portal and iface of a record, as those of a session are written: `TARGET PORTAL IFACE`. */
export function portalText(values: ReadonlyMap<string, string>): string {
  const portal = { address: normalAddress(values.get('node.conn[0].address') ?? ''), port: Number(values.get('node.conn[0].port')) }
  return `${values.get('node.name') ?? ''} ${formatPortal(portal)} ${values.get('iface.iscsi_ifacename') ?? DEFAULT_IFACE}`
}
