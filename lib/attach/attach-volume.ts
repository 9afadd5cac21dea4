import { BrickworkError, isBrickworkError, type SideEffects } from '../core/errors.js'
import type { AttachRequest, BlockAttachment } from '../api/attachment.js'
import type { Policy } from '../api/policy.js'
import { invalid } from '../connection/check.js'
import { type Connector, described, type AttachedDevice, resolveAllPending, survivingOf } from '../operation/connector.js'
import type { Entry, EntryResult } from '../operation/entry.js'
import type { Journal } from './journal.js'
import { knownEntry } from './known-entry.js'
import { linkPath, makeLink } from './stable-link.js'
import { recordedAccess } from '../operation/shared-volume.js'
import { releaseAttachment, shared } from './shared-access.js'
import type { Operation } from '../operation/operation.js'
import { usersBefore } from './users-before.js'
import { waitReady } from './wait-ready.js'

/** An attach, the same for every protocol: cleans up, connects, commits; rolls back on failure. The caller holds the attachment lock. */
export async function attachVolume(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  request: AttachRequest,
  connectorOf: (protocol: string) => Connector,
): Promise<BlockAttachment> {
  const fresh = operation.claim.entry
  const known = await knownEntry(operation, journal)
  if (known !== undefined) {
    const again = await attachAgain(operation, connector, journal, request, known, fresh)
    if (again !== undefined) return again
    await cleanUp(operation, connectorOf(known.connection.protocol), known)
  }
  try {
    await operation.progress.step('journal', async () => {
      const { objects, pending } = operation.claim.entry
      await journal.write({ ...fresh, objects, pending })
      // A new attachment owns nothing that others could look for: its claim is written with the first object that it is about to create.
      if (known !== undefined) await operation.claim.update({ ...fresh, objects, pending })
    })
    const attachNow = async () => {
      const attached = await shared(operation, await connector.attach(operation, request.connection, request.expected ?? {}))
      return await handOver(operation, journal, request, attached)
    }
    const ready = await operation.udev.during(operation.host, attachNow)
    if (operation.answered) throw new BrickworkError('ERR_TIMEOUT', 'The attach succeeded after its deadline and is rolled back')
    return ready
  } catch (failure) {
    const error = operation.progress.located(failure)
    if (isBrickworkError(error, 'ERR_INTERNAL')) throw await leave(operation, error)
    throw await rollBack(operation, connector, journal, error)
  }
}

/**
 * Runs before the operation begins.
 * @throws `ERR_INVALID_ARGUMENT` when the policy requires an expected identity and there is none.
 */
export function requireWhatToCompare(policy: Policy, { expected: { wwid, serial, uuid, nguid } = {} }: AttachRequest): void {
  if (policy.identity !== 'require' || (wwid ?? serial ?? uuid ?? nguid) !== undefined) return
  throw invalid([{ field: 'request.expected', message: "must name a wwid, serial, uuid or nguid when policy.identity is 'require'" }])
}

/** Release options for a device that was never handed out: it has no data to flush and no link to remove. */
const untouched = { leaving: () => Promise.resolve(), flush: false }

/** The attachment that exists already, after verifying its device. `undefined`: it must be attached again. */
async function attachAgain(
  operation: Operation,
  connector: Connector,
  journal: Journal,
  request: AttachRequest,
  known: Entry,
  fresh: Entry,
): Promise<BlockAttachment | undefined> {
  const sameBoot = known.boot === fresh.boot
  if (!sameConnection(known.connection, fresh.connection)) {
    if (!sameBoot || known.state !== 'attached') return undefined
    throw new BrickworkError(
      'ERR_CONFLICT',
      `${JSON.stringify(fresh.id)} is attached by another connection; detach it first, or use another id`,
      { step: 'journal', details: { attached: known.connection, asked: fresh.connection } },
    )
  }
  if (known.state !== 'attached' || !sameBoot) return undefined
  if (recordedAccess(known) !== recordedAccess(fresh))
    throw new BrickworkError(
      'ERR_CONFLICT',
      `${JSON.stringify(fresh.id)} is attached with access '${recordedAccess(known)}', and '${recordedAccess(fresh)}' is requested; detach it first, or use another id`,
      { step: 'journal', details: { attached: recordedAccess(known), asked: recordedAccess(fresh) } },
    )
  await operation.claim.update(known)
  const found = await operation.progress.step('find', () => connector.locate(operation, known))
  if (found === undefined) {
    operation.progress.mention('the attached device is gone or has changed: attaching again', { device: known.result?.device })
    return undefined
  }
  await operation.progress.step('verify', () => connector.reverify(operation, found, request.expected ?? {}))
  const attached = await shared(operation, found)
  const ready = await answer(operation, attached, known.result?.stableLink ?? null, true)
  await keepLinkTrue(operation, journal, attached, ready)
  return ready
}

/** Updates the link if multipathd removed the map with its last path and created another map of the same volume since. */
async function keepLinkTrue(operation: Operation, journal: Journal, attached: AttachedDevice, ready: BlockAttachment): Promise<void> {
  const { host } = operation
  const { stableLink, device } = ready
  if (stableLink === null || (await host.files.readLink(stableLink)) === device) return
  await makeLink(host, stableLink, device)
  await operation.claim.update({ result: resultOf(attached, stableLink) })
  await journal.write(operation.claim.entry)
  operation.progress.mention('the attachment has another device now', { device })
}

/** Removes what an interrupted operation or an earlier boot left of this attachment. */
async function cleanUp(operation: Operation, connector: Connector, known: Entry): Promise<void> {
  await operation.progress.step('clean-up', async () => {
    const objects = known.boot === operation.claim.entry.boot ? known.objects : await survivingOf(operation, connector, known)
    // If this clean-up is interrupted too, the next operation needs the former state and connection, and what is pending.
    const pending = known.boot === operation.claim.entry.boot ? known.pending : []
    const { boot, pid, owner, id } = operation.claim.entry
    const wasHandedOut = known.state !== 'attaching'
    await operation.claim.update({ ...known, boot, pid, state: wasHandedOut ? 'detaching' : 'attaching', objects, pending })
    await resolveAllPending(operation, connector)
    const owned = operation.claim.entry.objects // also what came of pending logins
    const progress = { isRemoving: false }
    const leaving = async () => {
      progress.isRemoving = true
      await operation.host.files.remove(linkPath(operation.runDir, owner, id))
    }
    try {
      // A device that was handed out may be in use and hold unwritten data: remove it with the checks and the flush of a detach.
      await releaseAttachment(operation, connector, wasHandedOut ? { leaving, flush: true } : untouched)
    } catch (error) {
      if (isBrickworkError(error) && known.boot === boot && !progress.isRemoving)
        await operation.claim.update({ state: known.state, objects: owned })
      throw error
    }
  })
}

async function handOver(
  operation: Operation,
  journal: Journal,
  request: AttachRequest,
  attached: AttachedDevice,
): Promise<BlockAttachment> {
  const { host } = operation
  const { entry } = operation.claim
  const path = linkPath(operation.runDir, entry.owner, request.id)
  const described = await answer(operation, attached, path, false)
  const users = await usersBefore(operation, attached)
  const ready = users.length === 0 ? described : { ...described, users }
  return await operation.progress.step('commit', async () => {
    await attached.confirm?.()
    await makeLink(host, path, ready.device)
    await operation.claim.update({ state: 'attached', result: resultOf(attached, path) })
    await journal.write(operation.claim.entry)
    return ready
  })
}

async function answer(
  operation: Operation,
  attached: AttachedDevice,
  stableLink: string | null,
  reused: boolean,
): Promise<BlockAttachment> {
  const { device, sinceMs } = attached
  using watch = await operation.udev.with(operation.host, [device.name])
  const udevReady = await operation.progress.step('wait-ready', () => waitReady(operation, { ...device, sinceMs }, watch))
  const { id, connection } = operation.claim.entry
  const protocol = connection.protocol as BlockAttachment['protocol']
  return { id, protocol, stableLink, ...described(attached), reused, udevReady, timings: operation.progress.timings }
}

/** After an internal error the host is not changed any further. Journal and claim keep the known state for a person or for `recover()`. */
async function leave(operation: Operation, failure: BrickworkError): Promise<BrickworkError> {
  await operation.latePaths?.cancel()
  return failure.with({ sideEffects: operation.claim.touched ? 'left' : 'none' })
}

/** After a failure: rolls back, reports the side effects, and keeps the entry only if something is pending or was not rolled back. */
async function rollBack(operation: Operation, connector: Connector, journal: Journal, failure: unknown): Promise<unknown> {
  await operation.latePaths?.cancel()
  const { host } = operation
  const { entry } = operation.claim
  const { touched } = operation.claim
  operation.beginRollback(failure)
  const undoFailure = await operation.progress
    .step('roll-back', async () => {
      // The commit may have written the claim and failed to write the journal.
      if (operation.claim.entry.state === 'attached') await operation.claim.update({ state: 'attaching', result: null })
      await resolvePendingSoon(operation, connector)
      if (touched) await releaseAttachment(operation, connector, untouched)
      await host.files.remove(linkPath(operation.runDir, entry.owner, entry.id))
      if (operation.claim.entry.pending.length === 0) await deleteEntry(operation, journal)
      else await journal.write(operation.claim.entry)
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  const sideEffects: SideEffects =
    undoFailure !== undefined ? 'left' : operation.claim.entry.pending.length > 0 ? 'pending' : touched ? 'undone' : 'none'
  if (undoFailure !== undefined) operation.progress.note('the roll-back is incomplete; recover() continues it', { error: undoFailure })
  if (!isBrickworkError(failure)) return failure
  const undo = isBrickworkError(undoFailure) ? { undo: { code: undoFailure.code, message: undoFailure.message } } : {}
  return failure.with({
    sideEffects,
    details: { ...undo, ...(sideEffects === 'pending' ? { pending: operation.claim.entry.pending } : {}) },
  })
}

/** Most abandoned logins end within this time. The others stay pending and are resolved later. */
const SOON_MS = 1000
async function resolvePendingSoon(operation: Operation, connector: Connector): Promise<void> {
  for (const pending of operation.claim.entry.pending) {
    const resolved = await operation.within(SOON_MS, async (part) => connector.resolvePending?.(part, pending))
    if (resolved) await operation.claim.resolved(pending.key)
  }
}

export async function deleteEntry(operation: Operation, journal: Journal): Promise<void> {
  const { owner, id } = operation.claim.entry
  await journal.forget(id)
  await operation.claims.drop(owner, id)
}

/** The part of an entry that describes the attached device. */
export function resultOf(attached: AttachedDevice, stableLink: string | null): EntryResult {
  const { kind, path, device, identity, wwid, serial, sizeBytes, logicalBlockSize, readOnly, paths } = described(attached)
  const shown = { identity, ...(wwid === undefined ? {} : { wwid }), ...(serial === undefined ? {} : { serial }) }
  const result = { kind, path, device, ...shown, sizeBytes, logicalBlockSize, readOnly, stableLink, named: attached.named }
  return { ...result, paths: paths.map((each) => ({ ...each })) }
}

export function sameConnection(a: Entry['connection'], b: Entry['connection']): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
