/** One path of an attached volume: whether it takes I/O, how it comes back, and how a failed attempt is taken back. */
import type { Expected } from '../../api/attachment.js'
import type { Connection } from '../../api/connection.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { BlockDevice } from '../../linux/block/device.js'
import { excludedPaths, giveBack } from '../../multipath/excluded-path.js'
import { joinMap, type PathOfMap } from '../../multipath/join-map.js'
import type { HostObject } from '../../operation/entry.js'
import type { ShownIdentity } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import { adoptUnused } from '../disk/adopt-disk.js'
import { diskAt } from '../disk/disk-of.js'
import { scanLun } from '../disk/scan-lun.js'
import { verifyDisk } from '../disk/verify-disk.js'
import { absentHere, waitForLun } from '../disk/wait-for-lun.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import { releasePath } from './release-paths.js'
import { requireSameSize, requireSameVolume } from './same-volume.js'
import type { VerifiedPath } from './verified-path.js'
import { isReader, outdoneBy, sharePath } from './write-protection.js'

export interface Healing {
  /** Brings paths up. Its signal stays that of the work when the time for taking back begins. */
  readonly operation: Operation
  readonly transport: Transport
  readonly connection: Connection
  readonly isComplete: boolean
  /** The map of the attachment. */
  readonly uuid: string
  readonly origin: HostObject['origin']
  /** The paths that the map had before. */
  readonly members: readonly BlockDevice[]
  readonly volume: ShownIdentity | undefined
  readonly expected: Expected
  /** Keys of the objects that the attachment had on the host before. They stay. */
  readonly before: ReadonlySet<string>
}

/** How long the transport has for connecting again to a storage port that answers. */
const REOPEN_MS = 6000
const AGAIN_MS = 1000

/** The name of the path's disk, if it is in the map and takes I/O. */
export async function isLive(
  operation: Operation,
  transport: Transport,
  path: NamedPath,
  inMap: readonly PathOfMap[],
): Promise<string | undefined> {
  const nexus = await transport.find(operation, path)
  if (nexus === undefined || (await transport.whyDown?.(operation, nexus)) !== undefined) return undefined
  const disk = await diskAt(operation, transport, nexus.key, path.lun)
  const name = disk?.state === 'running' ? disk.block?.name : undefined
  return inMap.find((each) => each.name === name)?.active === true ? name : undefined
}

/** Connects, scans, verifies, and lets the path into the map. @throws the reason why it does not take I/O. */
export async function bringBack(healing: Healing, path: NamedPath): Promise<VerifiedPath> {
  const { operation, transport, expected, members, volume } = healing
  const nexus = await connect(healing, path)
  const scanned =
    (await scanLun(operation, transport, nexus, path)) ?? (await waitForLun(operation, transport, [{ nexus, path }], absentHere))
  const verified: VerifiedPath = { path, scanned, ...(await verifyDisk(operation, transport, scanned, expected, path.label)) }
  const others = members.filter(({ name }) => name !== verified.device.name).map((device) => ({ device, path: { label: device.name } }))
  requireSameVolume(verified, [], volume)
  requireSameSize(verified, others)
  if (!isReader(operation)) outdoneBy(verified, others, true)
  await adoptUnused(operation, transport, scanned, expected)
  await sharePath(operation, verified.device)
  await giveBack(operation, excludedPaths(operation, verified.device.name))
  await operation.progress.step('assemble', () => joinMap(operation, healing, verified.device.name), path.label)
  operation.progress.mention('a path joined', { path: path.label })
  return verified
}

/** A nexus that has lost its connection is brought up by its daemon, once the storage answers. */
async function connect({ operation, transport, connection, isComplete }: Healing, path: NamedPath): Promise<Nexus> {
  const { host, signal, secrets } = operation
  const until = host.clock.now() + REOPEN_MS
  for (;;) {
    const isThere = (await transport.find(operation, path)) !== undefined
    try {
      if (!isThere && !isComplete) await requireCredentials(secrets, signal)
      return await transport.connect(operation, path, connection, operation.remainingMs)
    } catch (error) {
      if (!isThere || !isBrickworkError(error, 'ERR_TARGET_UNREACHABLE') || host.clock.now() + AGAIN_MS > until) throw error
      await host.clock.sleep(AGAIN_MS, signal)
    }
  }
}
/** The login then uses what the caller has given. */
async function requireCredentials(secrets: Operation['secrets'], signal: AbortSignal): Promise<void> {
  const missing = new BrickworkError(
    'ERR_AUTHENTICATION',
    'A login needs the credentials of the connection, and the host has them no longer. Pass the connection or refreshSecrets',
  )
  if (secrets === undefined) throw missing
  await secrets.get(signal, missing)
}

/** Removes what the heal has created for the path, and nothing that was there before. */
export async function takeBack(operation: Operation, { transport, before }: Healing, path: NamedPath): Promise<void> {
  await releasePath(operation, transport, path, await transport.find(operation, path), before)
}
