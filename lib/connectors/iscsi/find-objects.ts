import { DATABASE_ROOTS } from '../../linux/iscsi/installation.js'
import { ifaceIn, isOurs, recordsOf } from '../../linux/iscsi/record.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { type Endpoint, recordObject, sessionObject } from './objects.js'
import type { IscsiNexus } from './nexus.js'

/**
 * The session and node records of a path, for a detach without a journal entry. A record counts as created by Brickwork only if it bears
 * Brickwork's mark.
 */
export async function objectsOfPath(
  { host }: Operation,
  path: Endpoint,
  found: { readonly nexus: IscsiNexus; readonly disk: ScsiDisk | undefined } | undefined,
): Promise<{ readonly objects: readonly HostObject[]; readonly created: readonly string[] }> {
  const files = await Promise.all(DATABASE_ROOTS.map((root) => recordsOf(host, root, path.iqn, path.portal)))
  const records = await Promise.all(
    files.flat().map(async (file) => {
      const content = (await host.files.read(file)) ?? ''
      return { file, created: isOurs(content) && ifaceIn(content) === path.iface }
    }),
  )
  const marked = records.filter(({ created }) => created).map(({ file }) => recordObject(path, file, 'created'))
  const session = found === undefined ? undefined : sessionObject(found.nexus.session, 'created')
  // A session without the volume and without a record of Brickwork belongs to another program.
  const claimed = session !== undefined && (found?.disk !== undefined || marked.length > 0) ? [session] : []
  // The records of a session show who created it.
  const isOurSession = session !== undefined && marked.length > 0 && marked.length === records.length
  const created = [...marked, ...(isOurSession ? [session] : [])].map(({ key }) => key)
  return { objects: [...claimed, ...marked], created }
}
