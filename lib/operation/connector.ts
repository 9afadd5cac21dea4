import type { Connection } from '../api/connection.js'
import type { Limits } from '../api/policy.js'
import type { Kept, Leftover, Overridden, ReleaseCheck } from '../api/detach-report.js'
import type { HostIdentity } from '../api/identity.js'
import type { ResizeReport } from '../api/attacher.js'
import type { AttachedPath, BlockAttachment, Expected, VolumeIdentity } from '../api/attachment.js'
import type { ConnectionForm } from '../connection/form.js'
import type { Host } from '../core/host.js'
import type { BlockDevice } from '../linux/block/device.js'
import type { Entry, HostObject, Pending } from './entry.js'
import type { IdentitySource } from './identity.js'
import type { Operation } from './operation.js'

/** One protocol: the order of its steps and how each is rolled back. Everything else is shared. */
export interface Connector<C extends Connection = Connection> {
  readonly form: ConnectionForm<C>
  /** By what storage knows this host over this protocol. */
  hostIdentity?(host: Host): Promise<Partial<HostIdentity>>
  /** What only so many operations of an attacher use at once, beside SCSI hosts: a name for `Operation.inTurn`, and how many. */
  scarce?(limits: Limits): Readonly<Record<string, number>>
  /** Connects, scans, finds and verifies. Owns (`operation.claim.own`) each object before it is created. {@link Connector.release} rolls back. */
  attach(operation: Operation, connection: C, expected: Expected): Promise<AttachedDevice>
  /** The device of an entry, if all that the entry says is still so; `undefined` when something is missing or another has taken its place. */
  locate(operation: Operation, entry: Entry): Promise<AttachedDevice | undefined>
  /** That what was located still is the volume that was attached. @throws `ERR_IDENTITY_…` */
  reverify(operation: Operation, attached: AttachedDevice, expected: Expected | undefined): Promise<void>
  /** What the host has of a volume that no entry names. Without it a detach by connection needs an entry. */
  discover?(operation: Operation, connection: C): Promise<Discovered>
  /**
   * What a reboot leaves of an entry of another boot, recorded or not: the claims, which knew more than the journal, went with that boot.
   * Without it: nothing.
   */
  surviving?(operation: Operation, entry: Entry): Promise<HostObject[]>
  /**
   * Removes what the entry's attachment created and nobody else uses. Safe to repeat. Goes on after a failed removal, then throws.
   * @throws `ERR_HELD` before anything was removed.
   */
  release(operation: Operation, options: ReleaseOptions): Promise<Release>
  /** Makes every layer use the new size of the volume. */
  resize(operation: Operation, entry: Entry, wantedBytes: number | undefined): Promise<Resized>
  /** Waits until a daemon's pending work has ended, and rolls back its result if no attachment claims it. Without it nothing is ever pending. */
  resolvePending?(operation: Operation, pending: Pending): Promise<void>
  /**
   * What the operation's owner provably created and no entry names. `claimed` returns the entries of claims and journal. It is called after
   * the host was queried, so that what an attach is just creating is never taken for an orphan.
   */
  orphans?(operation: Operation, claimed: () => Promise<readonly Entry[]>): Promise<Orphans>
}
/** What a reboot leaves of an entry of another boot. */
export async function survivingOf(operation: Operation, connector: Connector, entry: Entry): Promise<HostObject[]> {
  return (await connector.surviving?.(operation, entry)) ?? []
}
/** Resolves all that is pending for the operation's attachment. `part`: a part of the operation, with a time of its own. */
export async function resolveAllPending(operation: Operation, connector: Connector, part = operation): Promise<void> {
  for (const pending of operation.claim.entry.pending) {
    await connector.resolvePending?.(part, pending)
    await operation.claim.resolved(pending.key)
  }
}
export interface Discovered {
  /** What {@link Connector.release} removes, since the caller wants the volume to be detached. */
  readonly objects: readonly HostObject[]
  /** Keys of what this library provably created. */
  readonly created: ReadonlySet<string>
}
export interface Orphans {
  /** In the order in which they have to go. */
  readonly mine: readonly Orphan[]
  /** What looks like an orphan of this owner without proof, or belongs to another owner. */
  readonly foreign: readonly Unverified[]
}
export interface Orphan {
  /** In words; names it as long as it is there. */
  readonly what: string
  /** The proof. */
  readonly reason: string
  /** What {@link Connector.release} removes, once {@link Orphan.pending} is resolved. */
  readonly objects: readonly HostObject[]
  readonly pending: readonly Pending[]
  /** The block device that an application could use: `sdb`, `dm-3`. */
  readonly device?: string
  /** The volume that it is, or is a path of; `undefined` for what no application sees. */
  readonly volume?: AdoptableVolume
}
/** What an entry for it would say. */
export interface AdoptableVolume {
  /** Its identity. */
  readonly name: string
  readonly connection: Entry['connection']
  readonly objects: readonly HostObject[]
}
export interface Unverified {
  readonly what: string
  readonly reason: string
}
export interface AttachedDevice {
  readonly device: BlockDevice
  /** This attach has made the device appear, after this moment of the host's clock; absent for one that was there before. */
  readonly sinceMs?: number | undefined
  readonly paths: readonly AttachedPath[]
  readonly identity: VolumeIdentity | null
  readonly wwid: string | undefined
  readonly serial: string | undefined
  /** What shows its identity: the disks below a map, or the device itself. */
  readonly sources: readonly IdentitySource[]
  /** The map that `device` is; `undefined` for a single path. */
  readonly multipath?: { readonly name: string; readonly device: string; readonly uuid: string }
  /** Fewer paths than the connection has. */
  readonly degraded: boolean
  /** How many paths the connection names. */
  readonly named: number
  /** Names of its devices that this attach did not create: whoever uses them is named to the caller. Only from {@link Connector.attach}. */
  readonly before?: readonly string[]
  /**
   * Called last of all, when the device is ready.
   * @throws `ERR_TARGET_UNREACHABLE` when no path is up any more.
   */
  readonly confirm?: () => Promise<void>
}
export type Resized = Pick<ResizeReport, 'device' | 'beforeBytes' | 'sizeBytes' | 'layers'>
export interface ReleaseOptions {
  /** Called when nothing stands in the way any more and before anything is removed. */
  readonly leaving: () => Promise<void>
  /** Bring written data to the volume first; not needed for a device that was never handed out. */
  readonly flush: boolean
  /** The map over it can't be removed, and was told to fail its I/O: its paths go all the same. */
  readonly underStuckMap?: boolean
  /** What it came by was to go and has stayed, for a disk of another program: it takes no late disk along. */
  readonly nexusStayed?: boolean
}
/** The part of an attachment that the device itself tells. */
export function described(attached: AttachedDevice): DescribedDevice {
  const { device, identity, wwid, serial, multipath = null, paths, degraded } = attached
  const { sizeBytes, logicalBlockSize, readOnly } = device
  const path = `/dev/${device.name}`
  const shown = { identity, ...(wwid === undefined ? {} : { wwid }), ...(serial === undefined ? {} : { serial }) }
  return { kind: 'block', path, device: path, ...shown, sizeBytes, logicalBlockSize, readOnly, multipath, paths, degraded }
}
export type DescribedDevice = Omit<BlockAttachment, 'id' | 'protocol' | 'stableLink' | 'reused' | 'udevReady' | 'timings' | 'users'>
/** What a release did. Failures are thrown, after everything that could be done was done. */
export interface Release {
  readonly checks: readonly ReleaseCheck[]
  readonly kept: readonly Kept[]
  readonly remaining: readonly Leftover[]
  readonly dataLossPossible: boolean
  readonly overridden: readonly Overridden[]
}
