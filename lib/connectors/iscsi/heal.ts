/** What a heal needs to know of an attachment whose connection is recorded without its secrets. */
import type { IscsiConnection, IscsiTarget, SessionAuth } from '../../api/connection.js'
import { isBrickworkError } from '../../core/errors.js'
import { Secret } from '../../core/secret.js'
import { isOurs } from '../../linux/iscsi/record.js'
import { parseRecord } from '../../linux/iscsi/settings-file.js'
import { maybe } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import type { Resolved } from '../../scsi/transport.js'
import type { IscsiPath } from './named-paths.js'
import { RECORD } from './objects.js'
import { resolvePaths } from './resolve-paths.js'

/**
 * The paths that the connection names now, and those that a discovery of the attach has found: a portal that is down is often missing in an
 * answer. Without the secret of the discovery, or without an answer, those alone.
 */
export async function resolveAgain(operation: Operation, connection: IscsiConnection): Promise<Resolved<IscsiPath>> {
  const { discovery, ...rest } = connection
  if (discovery === undefined) return await resolvePaths(operation, rest, 'all')
  const targets = [...rest.targets.filter(({ portal }) => portal !== undefined), ...foundBefore(operation)]
  const mayAsk = discovery.auth === undefined || (discovery.auth as Partial<SessionAuth>).secret !== undefined
  if (mayAsk) {
    try {
      return await resolvePaths(operation, { ...connection, targets: [...rest.targets, ...targets] }, 'all')
    } catch (error) {
      operation.signal.throwIfAborted()
      if (!isBrickworkError(error) || targets.length === 0) throw error
      operation.progress.note('no portals could be discovered: using those of the attach', { error: error.message })
    }
  }
  return await resolvePaths(operation, { ...rest, targets }, 'all')
}
function foundBefore({ claim }: Operation): IscsiTarget[] {
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const recorded = (claim.entry.paths ?? []).map(({ iqn, portal, lun }) => ({ iqn: text(iqn), portal: text(portal), lun: text(lun) }))
  return recorded.filter(({ iqn, portal }) => iqn !== '' && portal !== '')
}

/** The secrets of the connection stand in the node records that the attach has created: open-iscsi needs them there. */
export async function withCredentials(
  operation: Operation,
  { auth, ...rest }: IscsiConnection,
): Promise<{ readonly connection: IscsiConnection; readonly isComplete: boolean }> {
  if (auth === undefined) return { connection: rest, isComplete: true }
  if ((auth as Partial<SessionAuth>).secret !== undefined) return { connection: { ...rest, auth }, isComplete: true }
  for (const { kind, data } of operation.claim.entry.objects) {
    const path = kind === RECORD ? maybe(data, 'path') : undefined
    const found = path === undefined ? undefined : authIn((await operation.host.files.read(path)) ?? '')
    if (found?.username === auth.username) return { connection: { ...rest, auth: found }, isComplete: true }
  }
  return { connection: rest, isComplete: false }
}
function authIn(record: string): SessionAuth | undefined {
  if (!isOurs(record)) return undefined
  const values = parseRecord(record)
  const chap = (suffix: string) => {
    const [username, secret] = [values.get(`node.session.auth.username${suffix}`), values.get(`node.session.auth.password${suffix}`)]
    return username === undefined || secret === undefined ? undefined : { username, secret: new Secret(secret) }
  }
  const [own, target] = [chap(''), chap('_in')]
  return own === undefined ? undefined : { ...own, ...(target === undefined ? {} : { target }) }
}
