/** `details` of errors about a request and its volume. */
import type { AttachmentRef, Holder, Leftover, PartialDetach, ResizedLayer } from '../error-data.js'
import type { CommonDetails, FieldProblem, PlaceDetails, ProgramDetails, WaitDetails } from './common.js'

/** Details of errors about a request and its volume. Fields may be added to a code; none is removed or gets another meaning. */
export type VolumeErrorDetails = {
  /** The wrong fields. */
  readonly ERR_INVALID_ARGUMENT: {
    /** The first field that is wrong. */
    readonly field?: string
    /** Each field that is wrong, the first one included. */
    readonly problems?: readonly FieldProblem[]
    /** The wrong argument of the command line. */
    readonly argument?: string
    /** The command whose help explains the argument. */
    readonly command?: string
    /** The file that cannot be used as a request. */
    readonly file?: string
    /** A path that is not absolute. */
    readonly path?: string
  }
  /** What is not attached. */
  readonly ERR_NOT_ATTACHED: {
    /** The id; absent if the call named a connection. */
    readonly id?: string
  }
  /** What cannot be done. */
  readonly ERR_UNSUPPORTED: {
    /** The field of the request that asks for it. */
    readonly field?: string
    /** The protocol that is not supported. */
    readonly protocol?: string
    /** The device that has become smaller. */
    readonly device?: string
    /** Size of the device in bytes before; only if it has become smaller. */
    readonly beforeBytes?: number
    /** Size that the device has on the storage side now, in bytes; only if it has become smaller. */
    readonly sizeBytes?: number
  }
  /** What could not be reached. */
  readonly ERR_TARGET_UNREACHABLE: PlaceDetails &
    ProgramDetails &
    WaitDetails & {
      /** The host name that has no address. */
      readonly name?: string
      /** The kernel's number of the session. */
      readonly session?: number
      /** State of the session or of the SCSI device. */
      readonly state?: string
      /** SCSI address of the device. */
      readonly hctl?: string
      /** Key of the session, as claims name it. */
      readonly nexus?: string
      /** The map without a live path. */
      readonly map?: string
      /** Paths of that map. */
      readonly paths?: readonly string[]
      /** Addresses of the target that this host cannot reach. */
      readonly shown?: readonly string[]
      /** Number of bytes of the read that got no answer. */
      readonly readBytes?: number
      /** Milliseconds for which Brickwork waited for that read. */
      readonly timeoutMs?: number
    }
  /** What was not found. */
  readonly ERR_TARGET_NOT_FOUND: PlaceDetails &
    ProgramDetails & {
      /** How many other targets the portal lists. */
      readonly shown?: number
    }
  /** Which connection was refused. */
  readonly ERR_TARGET_REFUSED: PlaceDetails & {
    /** Name of the kernel's error: `EINVAL`. */
    readonly errno?: string
  }
  /** Which login was refused. */
  readonly ERR_AUTHENTICATION: PlaceDetails & ProgramDetails
  /** Where the LUN is missing. */
  readonly ERR_LUN_NOT_FOUND: PlaceDetails
  /** Where no path takes reads and writes. */
  readonly ERR_PATH_INACCESSIBLE: PlaceDetails & {
    /** State of each path, as the kernel spells it: `nvme1 inaccessible`. */
    readonly states?: readonly string[]
  }
  /** What took too long. */
  readonly ERR_TIMEOUT: WaitDetails & {
    /** Time limit of the call, in milliseconds. */
    readonly timeoutMs?: number
    /** Time limit of that wait, in milliseconds. */
    readonly ms?: number
    /** Time that the rollback had, in milliseconds. */
    readonly budgetMs?: number
  }
  /** The wait that was ended. The caller's reason is `cause`. */
  readonly ERR_ABORTED: WaitDetails
  /** What is busy. */
  readonly ERR_BUSY: WaitDetails & {
    /** The lock file of open-iscsi's record database. */
    readonly lock?: string
    /** The node record that could not be changed. */
    readonly record?: string
  }
  /** Who uses the device. */
  readonly ERR_HELD: {
    /** The device that is in use: `/dev/sdb`. */
    readonly device: string
    /** Its users. */
    readonly holders: readonly Holder[]
    /** Where the search for users was not possible, with the reason. */
    readonly unseen: readonly string[]
    /** UUID of the map that could not be removed. */
    readonly stuckMap?: string
  }
  /** What contradicts what. */
  readonly ERR_CONFLICT: PlaceDetails & {
    /** The connection or the access of the existing attachment. */
    readonly attached?: unknown
    /** The connection or the access that was requested. */
    readonly asked?: unknown
    /** The other attachment. */
    readonly attachment?: AttachmentRef
    /** Objects of the attachment that are still on the host. */
    readonly remaining?: readonly Leftover[]
    /** The record of another program. */
    readonly record?: string
    /** The setting of that record. */
    readonly field?: string
    /** Whether the path is write-protected. */
    readonly readOnly?: boolean
    /** The map that has the disk. */
    readonly map?: string
    /** Paths of that map. */
    readonly paths?: readonly string[]
  }
  /** Which policy needs a map. */
  readonly ERR_MULTIPATH_UNAVAILABLE: {
    /** `policy.multipath` or `policy.paths.min`. */
    readonly field?: string
  }
  /** Nothing; `attempts` has the paths. */
  readonly ERR_MULTIPATH_NOT_FORMED: CommonDetails
  /** What differs. */
  readonly ERR_IDENTITY_MISMATCH: {
    /** The device. */
    readonly device?: string
    /** What was compared: `WWID`, `serial number`, `size in bytes`, … */
    readonly what?: string
    /** The value that was expected. */
    readonly expected?: unknown
    /** The value that the device shows; `undefined` if it shows none. */
    readonly found?: unknown
    /** The WWID that the kernel read earlier. */
    readonly before?: string | undefined
    /** Whether the LUN was given to another volume since the kernel found it. */
    readonly stale?: boolean
  }
  /** Which paths or volumes conflict. */
  readonly ERR_IDENTITY_CONFLICT: {
    /** The device. */
    readonly device?: string
    /** The WWID that both volumes show. */
    readonly wwid?: string
    /** Name of the map. */
    readonly map?: string
    /** UUID of the map. */
    readonly uuid?: string
    /** The paths that differ, or those that do not belong into the map. */
    readonly paths?: readonly string[]
    /** Devices of the other volume. */
    readonly devices?: readonly string[]
    /** The attachment of the other volume. */
    readonly attachment?: AttachmentRef
    /** The attachments that the strange paths belong to. */
    readonly attachments?: readonly AttachmentRef[]
  }
  /** Which device could not be verified. */
  readonly ERR_IDENTITY_UNKNOWN: {
    /** The device. */
    readonly device?: string
    /** Name of the map. */
    readonly map?: string
    /** Paths of the map that could not be verified. */
    readonly paths?: readonly string[]
  }
  /** How far the resize has come. */
  readonly ERR_RESIZE_NOT_CONVERGED: {
    /** Size of each path, then of the map. */
    readonly layers: readonly ResizedLayer[]
    /** Size that the caller expects, in bytes. */
    readonly wantedBytes?: number
    /** Name of the map that keeps its size. */
    readonly map?: string
  }
  /** What remains. */
  readonly ERR_DETACH_INCOMPLETE: {
    /** What was checked, removed and kept, and what remains. */
    readonly report: PartialDetach
  }
}
