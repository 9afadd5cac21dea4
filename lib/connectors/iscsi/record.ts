/** Node records of ours: one for each portal, from before the login until after the logout. */
import type { Operation } from '../../attach/operation.js'
import type { IscsiConnection } from '../../connection/types.js'
import { BrickworkError } from '../../core/errors.js'
import { Secret } from '../../core/secret.js'
import { installation } from '../../linux/iscsi/installation.js'
import { isDiscoveryRecord, removeDiscoveryRecord } from '../../linux/iscsi/discovery-record.js'
import { formatRecord, formatTarget, isOurs, LOCK_DIRECTORY, parseRecord, recordFile, recordsOf } from '../../linux/iscsi/record.js'
import { recordObject, type Target } from './objects.js'

/** How long the kernel holds I/O back on a single path when its session is lost: as long as open-iscsi's own default. */
const REPLACEMENT_TIMEOUT_SEC = 120

/**
 * Sees to it that there is a record to log in through, and answers with its path. One that another program made is used only if it brings
 * in nothing by itself; it is never changed. The caller holds the portal's lock.
 */
export async function prepareRecord(
  operation: Operation,
  target: Target,
  auth: IscsiConnection['auth'],
  loginTimeoutSec: number,
): Promise<string> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  const path = recordFile(databaseRoot, target.iqn, target.portal)
  for (const existing of await recordsOf(host, databaseRoot, target.iqn, target.portal)) {
    const content = (await host.files.read(existing)) ?? ''
    if (existing === path && (isOurs(content) || (await operation.originOf(recordObject(target, path, 'found').key)) === 'made')) continue
    checkForeign(existing, content, target)
    await operation.own(recordObject(target, existing, 'found'))
    return existing
  }
  await operation.own(recordObject(target, path, 'making'))
  const text = formatRecord({
    target: target.iqn,
    portal: target.portal,
    iface: target.iface,
    owner: operation.entry.owner,
    ...(auth === undefined ? {} : { auth: { ...reveal(auth), ...(auth.target === undefined ? {} : { target: reveal(auth.target) }) } }),
    loginTimeoutSec,
    replacementTimeoutSec: REPLACEMENT_TIMEOUT_SEC,
  })
  await changeRecord(operation, path, text)
  await operation.own(recordObject(target, path, 'made'))
  return path
}

export async function removeRecord(operation: Operation, path: string): Promise<void> {
  if (isDiscoveryRecord(path)) await removeDiscoveryRecord(operation.host, path)
  else await changeRecord(operation, path, undefined)
}

export async function rewriteRecord(operation: Operation, path: string, text: string): Promise<void> {
  await changeRecord(operation, path, text)
}

async function changeRecord({ host, signal }: Operation, path: string, text: string | undefined): Promise<void> {
  const outcome = await host.kernel.changeRecord({ lockDirectory: LOCK_DIRECTORY, path, text }, signal)
  if (outcome === 'done') return
  throw new BrickworkError(
    'ERR_BUSY',
    `open-iscsi's record database stays locked (${LOCK_DIRECTORY}/lock.write): an iscsiadm is at work, or one was killed and left its lock`,
    {
      details: { lock: `${LOCK_DIRECTORY}/lock.write`, record: path },
    },
  )
}

/** A login through somebody else's record does what that record says. */
function checkForeign(path: string, content: string, { iqn, portal }: Target): void {
  const scan = parseRecord(content).get('node.session.scan') ?? 'auto'
  if (scan === 'manual') return
  throw new BrickworkError(
    'ERR_CONFLICT',
    `${formatTarget({ target: iqn, portal })} has a node record of another program with node.session.scan = ${scan}: a login through it would bring in LUNs that nobody asked for. Set it to manual, or delete the record`,
    { details: { record: path, field: 'node.session.scan' } },
  )
}
export function reveal({ username, secret }: { readonly username: string; readonly secret: Secret | string }) {
  return { username, secret: secret instanceof Secret ? secret.reveal() : secret }
}
