import type { Connection } from '../api/connection.js'
import type { Limits } from '../api/policy.js'
import type { Kept, Leftover, Overridden, ReleaseCheck } from '../api/detach-report.js'
import type { HostIdentity } from '../api/identity.js'
import type { ResizeReport } from '../api/attacher.js'
import type { HealedPath } from '../api/heal.js'
import type { AttachedPath, BlockAttachment, Expected, VolumeIdentity } from '../api/attachment.js'
import type { ConnectionForm } from '../connection/form.js'
import type { Host } from '../core/host.js'
import type { BlockDevice } from '../linux/block/device.js'
import type { HostFacts } from '../linux/host-facts.js'
import type { Entry, HostObject, Pending } from './entry.js'
import type { Fact, HostCheck } from './host-check.js'
import type { IdentitySource } from './identity.js'
import type { MarkedObject } from './marked-object.js'
import type { Operation } from './operation.js'
import type { TriedPath } from './tried-path.js'

/** One protocol: the order of its steps, and how each is rolled back. The connectors share everything else. */
export interface Connector<C extends Connection = Connection> {
  readonly form: ConnectionForm<C>
  /** The names by which storage knows this host over this protocol. */
  hostIdentity?(facts: HostFacts): Promise<Partial<HostIdentity>>
  /** The doctor's checks of this protocol. */
  readonly hostChecks?: readonly HostCheck[]
  /** Objects of the host with Brickwork's mark, of all owners, for the doctor. */
  readonly marked?: Fact<readonly MarkedObject[]>
  /** Limits, by kind of thing, for the operations of an attacher that use one thing at once (`Operation.inTurn`). Excludes SCSI hosts. */
  scarce?(limits: Limits): Readonly<Record<string, number>>
  /** Connects, scans, finds and verifies. Owns (`operation.claim.own`) an object before creating it. {@link Connector.release} rolls back. */
  attach(operation: Operation, connection: C, expected: Expected): Promise<AttachedDevice>
  /** The device of an entry, if everything that the entry records is still true. `undefined` when something is missing or was replaced. */
  locate(operation: Operation, entry: Entry): Promise<AttachedDevice | undefined>
  /**
   * Connects the paths of the connection that are down, and goes no further. Owns what it creates, as {@link Connector.attach} does. Without
   * this method, the paths of the protocol cannot be tried.
   */
  tryPaths?(operation: Operation, connection: C): Promise<readonly TriedPath[]>
  /** Verifies that the located device is still the volume that was attached. @throws `ERR_IDENTITY_…` */
  reverify(operation: Operation, attached: AttachedDevice, expected: Expected | undefined): Promise<void>
  /** Finds the objects of a volume that no entry names. Without this method, a detach by connection needs an entry. */
  discover?(operation: Operation, connection: C): Promise<Discovered>
  /**
   * The objects of an entry of another boot that survive a reboot, recorded or not. The claims, which were more current than the journal,
   * did not survive it. Without this method, nothing survives.
   */
  surviving?(operation: Operation, entry: Entry): Promise<HostObject[]>
  /**
   * Removes everything that the entry's attachment created and that has no other user. Safe to repeat. Continues after a failed removal,
   * then throws.
   * @throws `ERR_HELD` before anything was removed.
   */
  release(operation: Operation, options: ReleaseOptions): Promise<Release>
  /**
   * An object of an entry in words, if the host still has it; `undefined` if not. Reads sysfs and files only, so that it works for devices
   * that don't answer. Without this method, nothing remains but what was there before.
   */
  remaining?(operation: Operation, object: HostObject): Promise<string | undefined>
  /** Makes every layer use the new size of the volume. */
  resize(operation: Operation, entry: Entry, wantedBytes: number | undefined): Promise<Resized>
  /**
   * Brings up the paths that the connection names and the attached device lacks. Only adds: what was there before stays as it is, also
   * after a failure. Without this method, an attachment has no paths that could be missing.
   * @param connection as it is recorded, or with the credentials that the caller gave
   * @throws an error when no path can be tried.
   */
  heal?(operation: Operation, entry: Entry, connection: Entry['connection']): Promise<Healed>
  /**
   * The paths of an attached device now, for a protocol whose changes no event announces: it is asked again and again. `undefined`: the device
   * is gone. Without this method, the device and its map say how it is.
   */
  pathStates?(host: Host, entry: Entry, signal: AbortSignal): Promise<readonly PathState[] | undefined>
  /**
   * Waits until a daemon's pending work has ended. Rolls back its result unless an attachment claims it. Without this method, no work is
   * ever pending.
   */
  resolvePending?(operation: Operation, pending: Pending): Promise<void>
  /**
   * Finds objects that the operation's owner verifiably created and that no entry names. `claimed` returns the entries of claims and
   * journal. Call it only after the query of the host, so that an object that an attach is just creating is never taken for an orphan.
   */
  orphans?(operation: Operation, claimed: () => Promise<readonly Entry[]>): Promise<Orphans>
  /** Whether the kernel may find something again by itself that this owner has removed. {@link Connector.orphans} then shows it. */
  mayReturn?(operation: Operation): Promise<boolean>
}
/** A path of an attached device. */
export interface PathState {
  readonly label: string
  /** The kernel's word for it; `removed` when the kernel has given it up. */
  readonly state: string
  /** ANA state, if the path has one. */
  readonly anaState?: string
  /** Whether it is connected. */
  readonly isUp: boolean
  /** Whether it takes reads and writes now. */
  readonly isAccessible: boolean
  /** Whether the kernel gives it up by itself once it has been lost for some time. */
  readonly endsByItself: boolean
}
/** What a reboot leaves of an entry of another boot. */
export async function survivingOf(operation: Operation, connector: Connector, entry: Entry): Promise<HostObject[]> {
  return (await connector.surviving?.(operation, entry)) ?? []
}
/** Resolves everything that is pending for the operation's attachment. `part`: a part of the operation with its own time limit. */
export async function resolveAllPending(operation: Operation, connector: Connector, part = operation): Promise<void> {
  for (const pending of operation.claim.entry.pending) {
    await connector.resolvePending?.(part, pending)
    await operation.claim.resolved(pending.key)
  }
}
export interface Discovered {
  /** The objects for {@link Connector.release} to remove, since the caller wants to detach the volume. */
  readonly objects: readonly HostObject[]
  /** Keys of the objects that Brickwork verifiably created. */
  readonly created: ReadonlySet<string>
}
export interface Orphans {
  /** In the order in which they must be removed. */
  readonly mine: readonly Orphan[]
  /** Possible orphans of this owner that can't be verified, and orphans of other owners. */
  readonly foreign: readonly Unverified[]
}
export interface Orphan {
  /** Description for people. The same as long as the orphan exists. */
  readonly what: string
  /** The evidence that it is an orphan of this owner. */
  readonly reason: string
  /** The objects for {@link Connector.release} to remove, after {@link Orphan.pending} is resolved. */
  readonly objects: readonly HostObject[]
  readonly pending: readonly Pending[]
  /** The block device that an application could use: `sdb`, `dm-3`. */
  readonly device?: string
  /** The volume that it is, or is a path of; `undefined` when applications can't see it. */
  readonly volume?: AdoptableVolume
}
/** The content of an entry for the volume. */
export interface AdoptableVolume {
  /** Identity of the volume. */
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
  /** This attach made the device appear, after this moment of the host's clock. Absent when the device existed before. */
  readonly sinceMs?: number | undefined
  readonly paths: readonly AttachedPath[]
  readonly identity: VolumeIdentity | null
  readonly wwid: string | undefined
  readonly serial: string | undefined
  /** The devices whose identity can be verified: the disks below a map, or the device itself. */
  readonly sources: readonly IdentitySource[]
  /** What a connector says of its own devices, beside what all have. */
  readonly more?: Partial<Pick<BlockAttachment, 'nvme'>>
  /** The map that `device` is; `undefined` for a single path. */
  readonly multipath?: { readonly name: string; readonly device: string; readonly uuid: string }
  /** The attachment has fewer paths than the connection names. */
  readonly degraded: boolean
  /** Number of paths that the connection names. */
  readonly named: number
  /** Names of its devices that existed before this attach. The result lists their users. Only from {@link Connector.attach}. */
  readonly before?: readonly string[]
  /**
   * Called last, when the device is ready.
   * @throws `ERR_TARGET_UNREACHABLE` when no path is up any more.
   */
  readonly confirm?: () => Promise<void>
}
export interface Healed {
  readonly paths: readonly HealedPath[]
  /** The paths of the device now; `undefined`: as they are recorded. */
  readonly attached?: { readonly paths: readonly AttachedPath[]; readonly named: number } | undefined
}
export type Resized = Pick<ResizeReport, 'device' | 'beforeBytes' | 'sizeBytes' | 'layers'>
export interface ReleaseOptions {
  /** Called when nothing prevents the release any more, before anything is removed. */
  readonly leaving: () => Promise<void>
  /** Write cached data to the volume first. Not needed for a device that no caller ever got. */
  readonly flush: boolean
  /** The map above can't be removed, but now fails its I/O. Its paths are removed all the same. */
  readonly underStuckMap?: boolean
  /** The disk's nexus was to be removed, but stays for a disk of another program. So its removal can't remove a late disk. */
  readonly nexusStayed?: boolean
}
/** The part of an attachment that describes the device itself. */
export function described(attached: AttachedDevice): DescribedDevice {
  const { device, identity, wwid, serial, multipath = null, paths, degraded, more } = attached
  const { sizeBytes, logicalBlockSize, readOnly } = device
  const path = `/dev/${device.name}`
  const shown = { identity, ...(wwid === undefined ? {} : { wwid }), ...(serial === undefined ? {} : { serial }) }
  return { kind: 'block', path, device: path, ...shown, sizeBytes, logicalBlockSize, readOnly, multipath, paths, degraded, ...more }
}
export type DescribedDevice = Omit<BlockAttachment, 'id' | 'protocol' | 'stableLink' | 'reused' | 'udevReady' | 'timings' | 'users'>
/** Result of a release. Failures are thrown after everything possible was done. */
export interface Release {
  readonly checks: readonly ReleaseCheck[]
  readonly kept: readonly Kept[]
  readonly remaining: readonly Leftover[]
  readonly dataLossPossible: boolean
  readonly overridden: readonly Overridden[]
  /** Devices of the volume that the host still shows, since only the storage can remove them. */
  readonly stillVisible?: readonly string[] | undefined
}
