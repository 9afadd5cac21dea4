/** Node records created by Brickwork: one for each portal, from before the login until after the logout. */
import type { HostObject, Pending } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import { BrickworkError } from '../../core/errors.js'
import { Secret } from '../../core/secret.js'
import { installation } from '../../linux/iscsi/installation.js'
import { settingsOver } from '../../linux/iscsi/host-settings.js'
import { isDiscoveryRecord, removeDiscoveryRecord } from '../../linux/iscsi/discovery-record.js'
import { formatRecord, formatTarget, ifaceIn, isOurs, recordFile, recordsOf } from '../../linux/iscsi/record.js'
import { parseRecord } from '../../linux/iscsi/settings-file.js'
import { readSessionsOf, samePortal } from '../../linux/iscsi/session.js'
import { hostSettingsOf, ifaceOf } from './ifaces.js'
import { RECORD, recordObject, type Endpoint } from './objects.js'
import { changeRecord } from './record-lock.js'

/**
 * Makes sure that a record for the login exists, and returns the login, which is pending from now on. A record of another program is used
 * only if a login through it scans no LUNs; it is never changed. The caller holds the portal's lock.
 *
 * One write of the claim has both the record and the login through it, before the record is created: nothing else happens between the two.
 * @param login the pending login through the record with this path
 */
export async function prepareRecord(
  operation: Operation,
  target: Endpoint,
  auth: IscsiConnection['auth'],
  loginTimeoutSec: number,
  login: (path: string) => Pending,
): Promise<Pending> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  const flat = recordFile(databaseRoot, target.iqn, target.portal)
  const records = await Promise.all(
    (await recordsOf(host, databaseRoot, target.iqn, target.portal)).map(async (existing) => {
      const content = (await host.files.read(existing)) ?? ''
      return { existing, content, iface: ifaceIn(content) }
    }),
  )
  const taken = records.some(({ existing, iface }) => existing === flat && iface !== target.iface)
  const portalGroup = taken ? await groupOf(operation, target, flat) : undefined
  const path =
    portalGroup === undefined ? flat : recordFile(databaseRoot, target.iqn, target.portal, { group: portalGroup, iface: target.iface })
  for (const { existing, content } of records.filter(({ iface }) => iface === target.iface)) {
    if (existing === path && (isOurs(content) || (await operation.claim.originOf(recordObject(target, path, 'found').key)) === 'created'))
      continue
    checkForeign(existing, content, target)
    await operation.claim.record({ own: [recordObject(target, existing, 'found')], pend: login(existing) })
    return login(existing)
  }
  const isNew = records.every(({ existing }) => existing !== path)
  const record = recordObject(target, path, 'intended')
  const pending = login(path)
  await operation.claim.record({ own: [record], begun: isNew ? [record.key] : [], pend: pending })
  try {
    await createRecord(operation, target, auth, { path, portalGroup, loginTimeoutSec })
  } catch (error) {
    await operation.claim.resolved(pending.key) // the login has not begun
    throw error
  }
  return pending
}

interface NewRecord {
  readonly path: string
  readonly portalGroup: number | undefined
  readonly loginTimeoutSec: number
}
async function createRecord(
  operation: Operation,
  target: Endpoint,
  auth: IscsiConnection['auth'],
  { path, portalGroup, loginTimeoutSec }: NewRecord,
): Promise<void> {
  const text = formatRecord({
    target: target.iqn,
    portal: target.portal,
    iface: await ifaceOf(operation, target.iface),
    portalGroup,
    owner: operation.claim.entry.owner,
    ...(auth === undefined ? {} : { auth: { ...reveal(auth), ...(auth.target === undefined ? {} : { target: reveal(auth.target) }) } }),
    loginTimeoutSec,
    session: settingsOver(await hostSettingsOf(operation, target.iface), operation.policy.iscsi),
  })
  operation.claim.requireRecorded(recordObject(target, path, 'intended').key)
  await changeRecord(operation, path, text)
}

/** The record of a login that succeeded: it exists now. */
export function recordUsed(objects: readonly HostObject[], path: string): HostObject[] {
  return objects.filter(({ kind, data }) => kind === RECORD && data['path'] === path).map(created)
}
const created = (record: HostObject): HostObject => (record.origin === 'intended' ? { ...record, origin: 'created' } : record)

/**
 * The portal group for a second record, when the one path that needs no portal group has the record of another iface. A session through
 * that iface shows the group. Without a session: `undefined` if Brickwork created that record and no attachment needs it, so its path is
 * free.
 * @throws `ERR_CONFLICT` when the record is needed or belongs to another program; `ERR_STATE` when an unreadable claim may need it.
 */
async function groupOf(operation: Operation, { iqn, portal }: Endpoint, flat: string): Promise<number | undefined> {
  const { host, signal } = operation
  const { entry } = operation.claim
  const sessions = (await readSessionsOf(host, iqn, signal)).filter((each) => samePortal(each.portal, portal))
  const known = sessions.find(({ state, portalGroup }) => state === 'LOGGED_IN' && portalGroup !== undefined)?.portalGroup
  if (known !== undefined) return known
  const ours = isOurs((await host.files.read(flat)) ?? '')
  const wanted = (await operation.claims.about(`record ${flat}`)).some(
    ({ owner, id, objects }) => (owner !== entry.owner || id !== entry.id) && objects.some(({ key }) => key === `record ${flat}`),
  )
  const unclear = operation.claim.unclear(`record ${flat}`)
  if (ours && !wanted && unclear !== undefined) throw unclear
  if (ours && !wanted) return undefined
  throw new BrickworkError(
    'ERR_CONFLICT',
    `${formatTarget({ target: iqn, portal })} has a node record of another iface, and no session shows its portal group, which a second record needs: log in through that record first, or delete it`,
    { details: { record: flat } },
  )
}

export async function removeRecord(operation: Operation, path: string): Promise<void> {
  if (isDiscoveryRecord(path)) await removeDiscoveryRecord(operation.host, path)
  else await changeRecord(operation, path, undefined)
}

export async function rewriteRecord(operation: Operation, path: string, text: string): Promise<void> {
  await changeRecord(operation, path, text)
}

/** A login through another program's record uses the settings of that record. */
function checkForeign(path: string, content: string, { iqn, portal }: Endpoint): void {
  const scan = parseRecord(content).get('node.session.scan') ?? 'auto'
  if (scan === 'manual') return
  throw new BrickworkError(
    'ERR_CONFLICT',
    `${formatTarget({ target: iqn, portal })} has a node record of another program with node.session.scan = ${scan}: a login through it would add unrequested LUNs. Set it to manual, or delete the record`,
    { details: { record: path, field: 'node.session.scan' } },
  )
}
export function reveal({ username, secret }: { readonly username: string; readonly secret: Secret | string }) {
  return { username, secret: secret instanceof Secret ? secret.reveal() : secret }
}
