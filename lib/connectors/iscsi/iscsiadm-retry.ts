/** Failures of iscsiadm that don't concern the target: its database is locked, or contains a record that it cannot read. */
import { digest } from '../../operation/digest.js'
import type { Operation } from '../../operation/operation.js'
import { BrickworkError } from '../../core/errors.js'
import type { CommandResult } from '../../core/host.js'
import { IDBM, type InvalidRecord, invalidRecord } from '../../linux/iscsi/iscsiadm.js'
import { isOurs } from '../../linux/iscsi/record.js'
import { rewriteRecord } from './node-record.js'

const ATTEMPTS = 4
const FIRST_PAUSE_MS = 200
/** How many records created by Brickwork may be repaired for one login. */
const REPAIRS = 16

/** Runs iscsiadm, and again after the obstacle is gone: the lock was released, or the record was repaired. */
export async function retryIscsiadm(operation: Operation, run: () => Promise<CommandResult>): Promise<CommandResult> {
  let result = await run()
  for (let time = 1; time < ATTEMPTS && result.exitCode === IDBM; time++) {
    await operation.host.clock.sleep(pauseMs(operation, time), operation.signal)
    result = await run()
  }
  for (let time = 0; time < REPAIRS; time++) {
    const invalid = invalidRecord(result)
    if (invalid === undefined) return result
    await repair(operation, invalid)
    result = await run()
  }
  return result
}

/** Doubles each time, and varies between half and all of that: attachments that fail together don't retry together. */
function pauseMs({ claim: { entry } }: Operation, time: number): number {
  const chance = Number.parseInt(digest(entry.owner, entry.id, String(time)).slice(0, 8), 16) / 2 ** 32
  return FIRST_PAUSE_MS * 2 ** (time - 1) * (0.5 + chance / 2)
}

/**
 * Removes settings that this open-iscsi doesn't know from a record created by Brickwork.
 * @throws `ERR_STATE` for a record of another program.
 */
async function repair(operation: Operation, { path, unknown }: InvalidRecord): Promise<void> {
  const { host } = operation
  const content = (await host.files.read(path)) ?? ''
  const lines = content.split('\n')
  const kept = lines.filter((line) => !unknown.some((name) => line.trimStart().replace(/[\s=].*$/, '') === name))
  if (!isOurs(content) || kept.length === lines.length)
    throw new BrickworkError(
      'ERR_STATE',
      `open-iscsi cannot read the node record ${path}${isOurs(content) ? '' : ', which another program created'}: it may be of another version. Delete it, or create it again; until then no login works on this host`,
      { details: { record: path, unknown } },
    )
  await rewriteRecord(operation, path, kept.join('\n'))
  operation.progress.mention('removed settings that this open-iscsi does not know from a node record of Brickwork', {
    record: path,
    unknown,
  })
}
