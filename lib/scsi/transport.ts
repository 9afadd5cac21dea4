/**
 * What only a SCSI transport knows: which paths a connection has, how a path comes up, and what it leaves on the host. `lib/scsi` does the
 * rest: scan, identity, map, release, resize, orphans.
 */
import type { HostIdentity } from '../api/identity.js'
import type { AttachedPath } from '../api/attachment.js'
import type { Connection } from '../api/connection.js'
import type { Limits } from '../api/policy.js'
import type { ConnectionForm } from '../connection/form.js'
import type { BrickworkError } from '../core/errors.js'
import type { Guard } from '../core/host.js'
import type { HostFacts } from '../linux/host-facts.js'
import type { ScsiDisk } from '../linux/scsi/disk.js'
import type { Fact, HostCheck } from '../operation/host-check.js'
import type { MarkedObject } from '../operation/marked-object.js'
import type { Orphans } from '../operation/connector.js'
import type { Entry, HostObject, Pending } from '../operation/entry.js'
import type { Changes } from '../operation/entry-writer.js'
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
  /** Checked before each write below `/sys/class/scsi_host/host<N>`, because the kernel reuses host numbers. */
  readonly guards: readonly Guard[]
  /** A scan may wait in the kernel for a port that is lost during the scan: a helper process carries it out. Default: it ends by itself. */
  readonly scanWaits?: 'unbounded'
  /** LUNs whose disks here were created by operations of this library that died before they could record them. */
  readonly inherited?: readonly bigint[]
}

/**
 * Uses a nexus that the connect has just created, before anybody else can. It writes `created`, which is what to record of the nexus,
 * together with what it creates itself, however it ends.
 */
export type FirstUse = (nexus: Nexus, created: Changes) => Promise<void>

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
  /** Whether the host still has the object. Asks no daemon and no target. */
  isThere(operation: Operation, object: HostObject): Promise<boolean>
  /** Whether the object must stay as long as these objects of the entry are there. */
  isNeeded?(object: HostObject, remaining: readonly HostObject[]): boolean
}

/** A nexus that the host has, whichever program created it. */
export interface SurveyedNexus<N extends Nexus = Nexus> {
  readonly nexus: N
  readonly disks: readonly ScsiDisk[]
  /** The nexus and what belongs to it, as the entry of an attachment would record it. */
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
/** Objects of the transport itself that no claim names. Disks and maps are not among them. */
export interface SurveyOrphans<S extends SurveyedNexus = SurveyedNexus> extends Orphans {
  /** Nexuses that this owner's operations created, claimed or not. */
  readonly created: readonly S[]
  /** Why a disk of such a nexus belongs to this owner, if no claim names it. */
  readonly proof: string
}

export interface Transport<C extends Connection = Connection, P extends NamedPath = NamedPath, N extends Nexus = Nexus> {
  readonly form: ConnectionForm<C>
  /** As in `Connector`. */
  readonly hostChecks?: readonly HostCheck[]
  /** As in `Connector`. */
  readonly marked?: Fact<readonly MarkedObject[]>
  /** As in `Connector`. */
  hostIdentity?(facts: HostFacts): Promise<Partial<HostIdentity>>
  /** As in `Connector`. */
  scarce?(limits: Limits): Readonly<Record<string, number>>
  /** Checks what the host must have before anything is done. */
  prepare?(operation: Operation, connection: C): Promise<void>
  /** `any`: one path is enough, so the transport need not discover more. */
  resolve(operation: Operation, connection: C, wanted: 'all' | 'any'): Promise<Resolved<P>>
  /** As {@link Transport.resolve}, for an attached volume: also the paths that its attach resolved. Without this method: `resolve`. */
  resolveAgain?(operation: Operation, connection: C): Promise<Resolved<P>>
  /**
   * The connection of an attachment, as it is recorded, with the credentials that the host still has for it. Without any when it has none.
   * `isComplete`: a login is possible. Without this method, connections need no credentials.
   */
  withCredentials?(operation: Operation, connection: C): Promise<{ readonly connection: C; readonly isComplete: boolean }>
  /** The paths that the host may have of a connection. Asks nothing outside the host. */
  onHost(operation: Operation, connection: C): Promise<readonly P[]>
  /** Target and LUN of each path that a recorded connection names; none for a connection of another protocol. */
  named(connection: Entry['connection']): readonly Pick<NamedPath, 'target' | 'lun'>[]

  /**
   * Brings a path up, or uses the nexus that is there. `shareMs` is this path's part of the remaining time, in milliseconds. `first` scans the
   * LUN of the path; without it the nexus is recorded by itself.
   */
  connect(operation: Operation, path: P, connection: C, shareMs: number, first?: FirstUse): Promise<N>
  /** Whether the path failed a moment ago, so that other paths should be tried first. */
  isDoubtful?(operation: Operation, path: P): boolean
  find(operation: Operation, path: P): Promise<N | undefined>
  nexus(operation: Operation, key: string): Promise<N | undefined>
  /** As {@link Transport.nexus}, but returns only its place, which does not change as long as the nexus exists. */
  place(operation: Operation, key: string): Promise<TargetPlace | undefined>
  /** Why the nexus passes no command now, in words; `undefined` when it is up. Without this method, a nexus that is there counts as up. */
  whyDown?(operation: Operation, nexus: N): Promise<string | undefined>
  describe(nexus: N, disk: ScsiDisk): AttachedPath
  /** The kernel's own scan finds the disks of these targets. The attach that finds such a disk adopts it if nobody uses it. */
  readonly adopts?: boolean

  /**
   * Kinds of objects that the transport creates: first the kind whose key is a nexus key, then kinds that outlive a nexus. Absent when
   * paths come up by themselves.
   */
  readonly own?: { readonly nexus: OwnKind; readonly rest: readonly OwnKind[] }
  /** Whether an object of {@link Transport.own} belongs to this path. */
  belongs?(object: HostObject, path: P): boolean
  /** The objects of {@link Transport.own} that the host has for this path. `created`: keys of those that this library provably created. */
  objectsOf?(
    operation: Operation,
    path: P,
    found: { readonly nexus: N; readonly disk: ScsiDisk | undefined } | undefined,
  ): Promise<{ readonly objects: readonly HostObject[]; readonly created: readonly string[] }>
  /** Called before the disks of an attachment are removed. */
  releasing?(operation: Operation): Promise<void>
  /** As in `Connector`. */
  mayReturn?(operation: Operation): Promise<boolean>
  survey(operation: Operation): Promise<Survey>
  /** The objects of an entry of another boot that a reboot leaves. */
  surviving?(operation: Operation, entry: Entry): Promise<HostObject[]>
  /** Waits until a daemon has ended work that an operation gave up, and rolls its result back if no attachment claims it. */
  resolvePending?(operation: Operation, pending: Pending): Promise<void>
}
