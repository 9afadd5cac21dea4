/** Distributions put open-iscsi's database in different places, and no command reports the place. A login shows which one is used. */
import { isBrickworkError } from '../../core/errors.js'
import { installation, otherDatabase, useDatabase } from '../../linux/iscsi/installation.js'
import { NO_OBJECTS_FOUND } from '../../linux/iscsi/iscsiadm.js'
import type { Operation } from '../../operation/operation.js'
import { text } from '../../operation/object-data.js'
import { removeRecord } from './node-record.js'
import { type Endpoint, isAt, RECORD } from './objects.js'

/**
 * Runs `run`, which writes a record and logs in. If iscsiadm doesn't find the record, tries once more with the other database, and uses
 * that one from then on.
 */
export async function inEitherDatabase<T>(operation: Operation, target: Endpoint, run: () => Promise<T>): Promise<T> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  try {
    return await run()
  } catch (error) {
    if (!isNotFound(error)) throw error
    await withdrawRecords(operation, target, databaseRoot)
    const other = otherDatabase(databaseRoot)
    operation.progress.mention('iscsiadm does not find the node record: trying the other database', { databaseRoot, other })
    await useDatabase(host, other, signal)
  }
  try {
    return await run()
  } catch (error) {
    if (isNotFound(error)) await useDatabase(host, databaseRoot, signal)
    throw error
  }
}
function isNotFound(error: unknown): boolean {
  return isBrickworkError(error, 'ERR_STATE') && error.details['exitCode'] === NO_OBJECTS_FOUND
}

/** Releases the records of this path below the directory. Deletes those that Brickwork wrote and no other attachment uses. */
async function withdrawRecords(operation: Operation, target: Endpoint, root: string): Promise<void> {
  const { claim } = operation
  for (const object of claim.entry.objects) {
    if (object.kind !== RECORD || !isAt(object, target) || !text(object.data, 'path').startsWith(`${root}/`)) continue
    if (object.origin !== 'found' && (await claim.others(object.key)).length === 0) await removeRecord(operation, text(object.data, 'path'))
    await claim.disown(object.key)
  }
}
