/** Node records are files, so they outlive a boot. */
import type { Entry, HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import { DATABASE_ROOTS } from '../../linux/iscsi/installation.js'
import { ifaceIn, isOurs, ownerOf, recordsOf } from '../../linux/iscsi/record.js'
import { RECORD, recordObject } from './objects.js'
import { pathsOnHost } from './resolve-paths.js'

/** Records that the entry names, and marked records of its connection: an attach writes its journal entry before it creates any. */
export async function survivingRecords(operation: Operation, { objects, connection, owner }: Entry): Promise<HostObject[]> {
  const { host } = operation
  const records = new Map(objects.filter(({ kind }) => kind === RECORD).map((object) => [object.key, object]))
  for (const target of await pathsOnHost(operation, connection as unknown as IscsiConnection)) {
    const files = await Promise.all(DATABASE_ROOTS.map((root) => recordsOf(host, root, target.iqn, target.portal)))
    for (const path of files.flat()) {
      const content = (await host.files.read(path)) ?? ''
      const record = recordObject(target, path, 'created')
      const mine = isOurs(content) && ifaceIn(content) === target.iface && (ownerOf(content) ?? owner) === owner
      if (mine && !records.has(record.key)) records.set(record.key, record)
    }
  }
  return [...records.values()]
}
