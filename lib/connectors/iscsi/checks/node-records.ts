/** The node records of open-iscsi, as several checks need them. */
import { DATABASE_ROOTS } from '../../../linux/iscsi/installation.js'
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
