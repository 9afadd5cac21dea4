import type { Connection } from '../api/connection.js'
import type { Kept, Leftover, Overridden, ReleaseCheck } from '../api/detach-report.js'
import type { ResizeReport } from '../api/attacher.js'
import type { AttachedPath, Attachment, Expected } from '../api/attachment.js'
import type { BlockDevice } from '../linux/block/device.js'
import type { Entry, HostObject, Pending } from './entry.js'
import type { Provable } from '../scsi/disk/identity.js'
import type { Operation } from './operation.js'

/** One protocol: the order of its steps and how each is taken back. Everything else is shared. */
export interface Connector<C extends Connection = Connection> {
  readonly protocol: C['protocol']
  /** The connection as it may be written down and compared: no secrets, one spelling for each thing. */
  plain(connection: C): Entry['connection']
  /** Reach, expose, find, prove. Owns (`operation.own`) each object before it is made; undoing is {@link Connector.release}. */
  attach(operation: Operation, connection: C, expected: Expected): Promise<Reached>
  /** The device of an entry, if all that the entry says is still so; `undefined` when something is missing or another has taken its place. */
  locate(operation: Operation, entry: Entry): Promise<Reached | undefined>
  /** That what was located still is the volume that was attached. @throws `ERR_IDENTITY_…` */
  proveAgain(operation: Operation, reached: Reached, expected: Expected | undefined): Promise<void>
  /** What the host has of a volume that no entry speaks of. */
  discover(operation: Operation, connection: C): Promise<Discovered>
  /** What a reboot leaves of an entry of another boot, written down or not: the claims, which knew more than the journal, went with that boot. */
  surviving(operation: Operation, entry: Entry): Promise<HostObject[]>
  /**
   * Takes away what the entry's attachments made and nobody else uses. Safe to repeat. Goes on after a failed removal, then throws.
   * @throws `ERR_HELD` before anything was removed.
   */
  release(operation: Operation, options: ReleaseOptions): Promise<Release>
  /** Has every layer see the size that the volume has now. */
  resize(operation: Operation, entry: Entry, wantedBytes: number | undefined): Promise<Resized>
  /** Waits until what a daemon still has in hand has ended, and takes it back if it came to something and nobody else wants it. */
  settle(operation: Operation, pending: Pending): Promise<void>
  /**
   * What the operation's owner made, by proof, and nobody speaks of any more. `spoken` answers what claims and journal speak of; it is asked
   * after the host was looked at, so that what an attach is just making is never taken for an orphan.
   */
  orphans(operation: Operation, spoken: () => Promise<readonly Entry[]>): Promise<Orphans>
}
export interface Discovered {
  /** What {@link Connector.release} is to take away, since the caller says that the volume is to go. */
  readonly objects: readonly HostObject[]
  /** Keys of what this library made, by proof. */
  readonly ours: ReadonlySet<string>
}
export interface Orphans {
  /** In the order in which they have to go. */
  readonly mine: readonly Orphan[]
  /** What looks like an orphan of ours and can't be proven to be one, or is another owner's. */
  readonly foreign: readonly Stray[]
}
export interface Orphan {
  /** In words; names it as long as it is there. */
  readonly what: string
  /** The proof. */
  readonly reason: string
  /** What {@link Connector.release} is to take away, once {@link Orphan.pending} is settled. */
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
export interface Stray {
  readonly what: string
  readonly reason: string
}
export interface Reached {
  readonly device: BlockDevice
  readonly paths: readonly AttachedPath[]
  readonly wwid: string | undefined
  readonly serial: string | undefined
  /** What can be asked for its identity: the disks below a map, or the device itself. */
  readonly disks: readonly Provable[]
  /** The map that `device` is; `undefined` for a single path. */
  readonly multipath?: { readonly name: string; readonly device: string; readonly uuid: string }
  /** Fewer paths than the connection has. */
  readonly degraded: boolean
}
export type Resized = Pick<ResizeReport, 'device' | 'beforeBytes' | 'sizeBytes' | 'layers'>
export interface ReleaseOptions {
  /** Called when nothing stands in the way any more and before anything is removed. */
  readonly leaving: () => Promise<void>
  /** Bring written data to the volume first; not needed for a device that was never handed out. */
  readonly flush: boolean
  /** The map over it can't be removed, and was told to fail its I/O: its paths go all the same. */
  readonly underStuckMap?: boolean
}
/** The part of an attachment that the device itself tells. */
export function described(reached: Reached): Omit<Attachment, 'id' | 'stableLink' | 'reused' | 'udevReady' | 'timings'> {
  const { device, wwid, serial, multipath = null, paths, degraded } = reached
  const { sizeBytes, logicalBlockSize, readOnly } = device
  const identity = { ...(wwid === undefined ? {} : { wwid }), ...(serial === undefined ? {} : { serial }) }
  return { device: `/dev/${device.name}`, ...identity, sizeBytes, logicalBlockSize, readOnly, multipath, paths, degraded }
}
/** What a release did. Failures are thrown, after everything that could be done was done. */
export interface Release {
  readonly checks: readonly ReleaseCheck[]
  readonly kept: readonly Kept[]
  readonly left: readonly Leftover[]
  readonly dataLossPossible: boolean
  readonly overridden: readonly Overridden[]
}
