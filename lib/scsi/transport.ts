/**
 * What only a SCSI transport knows: which paths a connection has, how a path comes up, and what it leaves on the host. `scsi/` does the rest:
 * scan, identity, map, release, resize, orphans.
 */
import type { HostIdentity } from '../api/identity.js'
import type { AttachedPath } from '../api/attachment.js'
import type { Connection } from '../api/connection.js'
import type { Limits } from '../api/policy.js'
import type { ConnectionForm } from '../connection/form.js'
import type { BrickworkError } from '../core/errors.js'
import type { Guard, Host } from '../core/host.js'
import type { ScsiDisk } from '../linux/scsi/disk.js'
import type { Orphans } from '../operation/connector.js'
import type { Entry, HostObject, Pending } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import type { ReleaseReport } from '../operation/release-report.js'

/** Where the kernel shows the disks of one target. */
export interface TargetPlace {
  /** Sysfs directory that holds `target<host>:<channel>:<id>`. */
  readonly directory: string
  readonly host: number
  readonly channel: number
  readonly id: number
}

/** An I_T nexus (SAM-5, 4.3): one path from this host to one SCSI target, that is up. */
export interface Nexus {
  /** Equal in all claims of one boot. Where the transport owns an object for the nexus, the key of that object. */
  readonly key: string
  /** The path as events and errors name it. */
  readonly label: string
  /** Name of the target. One LUN of one target is one volume, over every nexus. */
  readonly target: string
  readonly place: TargetPlace
  /** Compared before a write below `/sys/class/scsi_host/host<N>`, since the kernel gives host numbers out again. */
  readonly guards: readonly Guard[]
}

/** A path as the connection names it, up or not. */
export interface NamedPath {
  readonly label: string
  readonly target: string
  readonly lun: bigint
}

/** The paths of a connection on this host. */
export interface Resolved<P extends NamedPath = NamedPath> {
  readonly paths: readonly P[]
  /** One error for each path that cannot be resolved now. */
  readonly missing: readonly BrickworkError[]
}

/** A kind of objects that a transport creates on the host for its paths. */
export interface OwnKind {
  readonly kind: string
  /** Removes the object, or reports why it stays. The entry names it until that is done. */
  release(operation: Operation, object: HostObject, report: ReleaseReport): Promise<void>
  /** Whether the object must stay as long as these objects of the entry are there. */
  isNeeded?(object: HostObject, remaining: readonly HostObject[]): boolean
}

/** A nexus that the host has, whichever program created it. */
export interface SurveyedNexus<N extends Nexus = Nexus> {
  readonly nexus: N
  readonly disks: readonly ScsiDisk[]
  /** The nexus and what belongs to it, as an attachment would own it. */
  readonly objects: readonly HostObject[]
}
/** All that the host has of one transport. */
export interface Survey<S extends SurveyedNexus = SurveyedNexus> {
  readonly nexuses: readonly S[]
  /** `claimed`: keys of all objects and pending work that claims and journal name. */
  orphans(claimed: ReadonlySet<string>): SurveyOrphans<S>
  /** The connection that an attach of these paths would have recorded, as far as the host shows it. */
  connection(paths: readonly { readonly seen: S; readonly disk: ScsiDisk }[]): Entry['connection']
}
/** Objects of the transport itself that no claim names; disks and maps are not its business. */
export interface SurveyOrphans<S extends SurveyedNexus = SurveyedNexus> extends Orphans {
  /** Nexuses that this owner's operations created, claimed or not. */
  readonly created: readonly S[]
  /** Why a disk of such a nexus belongs to this owner, if nobody claims it. */
  readonly proof: string
}

export interface Transport<C extends Connection = Connection, P extends NamedPath = NamedPath, N extends Nexus = Nexus> {
  readonly form: ConnectionForm<C>
  /** As in the contract of connectors. */
  hostIdentity?(host: Host): Promise<Partial<HostIdentity>>
  /** As in the contract of connectors. */
  scarce?(limits: Limits): Readonly<Record<string, number>>
  /** Checks what the host must have before anything is done. */
  prepare?(operation: Operation, connection: C): Promise<void>
  /** `any`: one path is enough, so nobody is asked for more of them. */
  resolve(operation: Operation, connection: C, wanted: 'all' | 'any'): Promise<Resolved<P>>
  /** The paths that the host may have of a connection, without asking anybody outside it. */
  onHost(operation: Operation, connection: C): Promise<readonly P[]>
  /** Target and LUN of each path that a recorded connection names; none for a connection of another protocol. */
  named(connection: Entry['connection']): readonly Pick<NamedPath, 'target' | 'lun'>[]

  /** Brings a path up, or takes the nexus that is there. `shareMs` is this path's part of the remaining time. */
  connect(operation: Operation, path: P, connection: C, shareMs: number): Promise<N>
  /** Whether the path failed a moment ago, so that others are better tried first. */
  isDoubtful?(operation: Operation, path: P): boolean
  find(operation: Operation, path: P): Promise<N | undefined>
  nexus(operation: Operation, key: string): Promise<N | undefined>
  /** As {@link Transport.nexus}, but no more than its place. */
  place(operation: Operation, key: string): Promise<TargetPlace | undefined>
  /** Why no command gets through the nexus now, in words; `undefined`: it is up. Without it a nexus that is there counts as up. */
  whyDown?(operation: Operation, nexus: N): Promise<string | undefined>
  describe(nexus: N, disk: ScsiDisk): AttachedPath
  /** Disks of its targets appear by the kernel's own scan: one that nobody uses is adopted by the attach that finds it. */
  readonly adopts?: boolean

  /** Kinds of objects that it creates: first those whose key is a nexus key, then what outlives a nexus. None: paths come up by themselves. */
  readonly own?: { readonly nexus: OwnKind; readonly rest: readonly OwnKind[] }
  /** Whether an object of {@link Transport.own} belongs to this path. */
  belongs?(object: HostObject, path: P): boolean
  /** What the host has of {@link Transport.own} for this path. `created`: keys of what this library created, by proof. */
  objectsOf?(
    operation: Operation,
    path: P,
    found: { readonly nexus: N; readonly disk: ScsiDisk | undefined } | undefined,
  ): Promise<{ readonly objects: readonly HostObject[]; readonly created: readonly string[] }>
  survey(operation: Operation): Promise<Survey>
  /** What a reboot leaves of an entry of another boot. */
  surviving?(operation: Operation, entry: Entry): Promise<HostObject[]>
  /** Waits for the end of something that was given up while a daemon worked on it, and takes it back unless somebody wants it. */
  resolvePending?(operation: Operation, pending: Pending): Promise<void>
}
