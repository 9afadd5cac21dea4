/** Node records are files: they outlive a boot. */
import type { Entry, HostObject } from '../../attach/entry.js'
import type { Operation } from '../../attach/operation.js'
import type { IscsiConnection } from '../../connection/types.js'
import { installation } from '../../linux/iscsi/installation.js'
import { isOurs, ownerOf, recordFile } from '../../linux/iscsi/record.js'
import { RECORD, recordObject } from './objects.js'
import { targetsOf } from './targets.js'

/** Records that the entry names, and those of its connection that bear our mark: the journal of an attach was written before it made any. */
export async function survivingRecords({ host, signal }: Operation, { objects, connection, owner }: Entry): Promise<HostObject[]> {
  const { databaseRoot } = await installation(host, signal)
  const records = new Map(objects.filter(({ kind }) => kind === RECORD).map((object) => [object.key, object]))
  for (const target of targetsOf(connection as unknown as IscsiConnection)) {
    const path = recordFile(databaseRoot, target.iqn, target.portal)
    const content = await host.files.read(path)
    const record = recordObject(target, path, 'made')
    const mine = content !== undefined && isOurs(content) && (ownerOf(content) ?? owner) === owner
    if (mine && !records.has(record.key)) records.set(record.key, record)
  }
  return [...records.values()]
}
