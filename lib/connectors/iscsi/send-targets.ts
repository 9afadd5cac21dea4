/** The discovery of an attach: probes the portal, sends SendTargets, and selects the targets that the connection names. */
import type { Operation } from '../../operation/operation.js'
import type { Chap, IscsiConnection, IscsiTarget } from '../../api/connection.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { CommandResult } from '../../core/host.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import { type DiscoveredPortal, discoveryError, parseDiscovered, sendTargets } from '../../linux/iscsi/discovery.js'
import {
  discoveryRecordFile,
  foreignDiscovery,
  formatDiscoveryRecord,
  removeDiscoveryRecord,
  writeDiscoveryRecord,
} from '../../linux/iscsi/discovery-record.js'
import { installation, isDatabase, otherDatabase, useDatabase } from '../../linux/iscsi/installation.js'
import { LOGIN_AUTH_FAILED, NO_OBJECTS_FOUND, SUCCESS } from '../../linux/iscsi/iscsiadm.js'
import { isThisHost, whyNotReachable } from '../../linux/iscsi/reachable-portal.js'
import { readOwnAddresses } from '../../linux/own-addresses.js'
import { recordObject } from './objects.js'
import { addressesOf } from './resolve-portal.js'
import { probePortal } from './probe-portal.js'
import { reveal } from './node-record.js'

/** A healthy portal answers within milliseconds. */
const LONGEST_SEC = 15

type Discovery = NonNullable<IscsiConnection['discovery']>

/** Every portal of the targets, in the order of the answer, with the LUN of the entry that names the target. */
export async function discovered(operation: Operation, discovery: Discovery, targets: readonly IscsiTarget[]): Promise<IscsiTarget[]> {
  const [first, ...more] = await addressesOf(operation, discovery.portal)
  const at = (portal: Portal) =>
    operation.progress.step('discover-portals', () => discover(operation, portal, discovery.auth, targets), formatPortal(portal))
  return await more.reduce<Promise<IscsiTarget[]>>(
    (tried, portal) =>
      tried.catch((error: unknown) => {
        // Another address of the portal can only help if this one was unreachable.
        if (!isBrickworkError(error, 'ERR_TARGET_UNREACHABLE')) throw error
        return at(portal)
      }),
    at(first),
  )
}

async function discover(operation: Operation, portal: Portal, auth: Chap | undefined, targets: readonly IscsiTarget[]) {
  // Use at most half of the time: the paths need the rest.
  const shareMs = operation.remainingMs / 2
  await probePortal(operation, portal, shareMs)
  const seen = await ask(operation, portal, auth, shareMs)
  const meant = seen.filter(({ target }) => targets.some(({ iqn }) => iqn === target))
  const reachable = await withoutUnreachable(operation, portal, meant)
  const found = targets.flatMap(({ iqn, lun }) =>
    reachable.filter(({ target }) => target === iqn).map((each) => ({ iqn, portal: formatPortal(each.portal), lun })),
  )
  const missing = targets.find(({ iqn, portal: named }) => named === undefined && found.every((each) => each.iqn !== iqn))
  if (missing === undefined) return found
  const unusable = meant.filter(({ target }) => target === missing.iqn).map((each) => formatPortal(each.portal))
  if (unusable.length > 0)
    throw new BrickworkError(
      'ERR_TARGET_UNREACHABLE',
      `The portal ${formatPortal(portal)} lists ${missing.iqn} only at addresses that are unreachable from this host: ${unusable.join(', ')}`,
      { details: { portal: formatPortal(portal), target: missing.iqn, shown: unusable } },
    )
  const others = new Set(seen.map(({ target }) => target)).size
  throw new BrickworkError(
    'ERR_TARGET_NOT_FOUND',
    `The portal ${formatPortal(portal)} does not list ${missing.iqn} for this initiator (it lists ${others} ${others === 1 ? 'target' : 'targets'})`,
    { details: { portal: formatPortal(portal), target: missing.iqn, shown: others } },
  )
}

/** Leaves out portals with an address that only the target's host can use. */
async function withoutUnreachable(
  operation: Operation,
  asked: Portal,
  shown: readonly DiscoveredPortal[],
): Promise<readonly DiscoveredPortal[]> {
  const isLimited = ({ portal: { address } }: DiscoveredPortal) => whyNotReachable(address, new Set()) !== undefined
  if (!shown.some(isLimited)) return shown
  const own = await readOwnAddresses(operation.host)
  const isLocal = isThisHost(asked.address, own)
  const why = ({ portal: { address } }: DiscoveredPortal) => {
    const limit = whyNotReachable(address, own)
    return limit === 'loopback' && isLocal ? undefined : limit
  }
  const out = shown.filter((each) => why(each) !== undefined)
  if (out.length > 0) {
    const portals = out.map((each) => `${formatPortal(each.portal)} (${why(each)})`)
    operation.progress.mention('leaving out discovered portals that are unreachable from this host', { portals })
  }
  return shown.filter((each) => !out.includes(each))
}

async function ask(operation: Operation, portal: Portal, auth: Chap | undefined, shareMs: number): Promise<DiscoveredPortal[]> {
  const { host, signal } = operation
  const seconds = Math.max(1, Math.min(LONGEST_SEC, Math.floor(shareMs / 1000)))
  using window = new Window(host.clock, seconds * 1000, signal, `discovery at ${formatPortal(portal)}`)
  const run = async (by: 'defaults' | 'record') =>
    await sendTargets(host, portal, by, window.signal).catch((error: unknown) => {
      signal.throwIfAborted()
      if (!window.signal.aborted) throw error
      throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Discovery at ${formatPortal(portal)} failed: no answer within ${seconds} s`, {
        details: { portal: formatPortal(portal) },
        cause: error,
      })
    })
  const result = auth === undefined ? await run('defaults') : await withRecord(operation, portal, auth, seconds, () => run('record'))
  if (result.exitCode !== SUCCESS) throw discoveryError(portal, result)
  return parseDiscovered(result.stdout)
}

/** The secret is in a file while iscsiadm runs. There is one file for each portal, so discoveries at one portal run one after another. */
async function withRecord(
  operation: Operation,
  portal: Portal,
  auth: Chap,
  loginTimeoutSec: number,
  run: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const { host, signal } = operation
  const { databaseRoot } = await installation(host, signal)
  const first = await withRecordIn(operation, databaseRoot, portal, auth, loginTimeoutSec, run)
  // A discovery also ends like this if iscsiadm didn't find the record and sent no secret.
  const other = otherDatabase(databaseRoot)
  if (![NO_OBJECTS_FOUND, LOGIN_AUTH_FAILED].includes(first.exitCode) || !(await isDatabase(host, other))) return first
  const second = await withRecordIn(operation, other, portal, auth, loginTimeoutSec, run)
  if (second.exitCode === SUCCESS) await useDatabase(host, other, signal)
  return second.exitCode === SUCCESS ? second : first
}
async function withRecordIn(
  operation: Operation,
  databaseRoot: string,
  portal: Portal,
  auth: Chap,
  loginTimeoutSec: number,
  run: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const { host } = operation
  const { entry } = operation.claim
  const path = discoveryRecordFile(databaseRoot, portal)
  const { username, secret } = reveal(auth)
  return await operation.locked(`discovery ${formatPortal(portal)}`, async () => {
    const foreign = await foreignDiscovery(host, path)
    if (foreign !== undefined) {
      if (foreign.username === username && foreign.secret === secret) return await run()
      throw new BrickworkError(
        'ERR_CONFLICT',
        `Discovery at ${formatPortal(portal)}: another program has a discovery record with other credentials. Use the same credentials, or delete the record`,
        { details: { record: foreign.path } },
      )
    }
    const object = recordObject({ iqn: '', portal, iface: '' }, path, 'intended')
    await operation.claim.own(object)
    try {
      await writeDiscoveryRecord(host, path, formatDiscoveryRecord({ portal, owner: entry.owner, username, secret, loginTimeoutSec }))
      return await run()
    } finally {
      await removeDiscoveryRecord(host, path)
      await operation.claim.disown(object.key)
    }
  })
}
