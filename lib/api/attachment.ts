import type { Holder } from '../core/error-data.js'
import type { AttachedPath } from './attached-path.js'
import type { StepTiming } from './call.js'
import type { Connection } from './connection.js'
import type { PartialPolicy } from './policy.js'

export type { Holder } from '../core/error-data.js'
export type * from './attached-path.js'

/** What the control plane knows about the volume. An attach verifies every given field before it returns the device. */
export interface Expected {
  /**
   * Any designator of the volume, as arrays and tools spell it: `naa.6…`, `36…`, `0x6…`, `60:01:40:…`, `eui.…`, `t10.…`, `1VENDOR_…`,
   * `uuid.…`, a name below `/dev/disk/by-id`. A name that identifies no single volume is refused with `ERR_INVALID_ARGUMENT`, for example
   * udev's `ID_WWN` of an NAA 6.
   */
  readonly wwid?: string | undefined
  /** Serial number: the unit's (VPD page 0x80); for NVMe the subsystem's, which all its namespaces show. */
  readonly serial?: string | undefined
  /** UUID designator (SPC-5 7.7.6.12) or UUID of an NVMe namespace, in any spelling. A namespace without a UUID is known by its NGUID. */
  readonly uuid?: string | undefined
  /** The 16 bytes of an NGUID as hexadecimal digits. A SCSI disk shows it as an EUI-64-based designator. */
  readonly nguid?: string | undefined
  /** Size in bytes. If the device was on the host before, the device itself is asked for it. */
  readonly sizeBytes?: number | undefined
}
/** A volume to attach. */
export interface AttachRequest<C extends Connection = Connection> {
  /** Name that the caller gives the attachment: 1–256 bytes, no control characters. */
  readonly id: string
  /** How to reach the volume. */
  readonly connection: C
  /** Identity and size that the volume must have. Default: the paths must only agree. */
  readonly expected?: Expected | undefined
  /** Policy of this attach. A field that is left out has the value of the attacher's policy. */
  readonly policy?: PartialPolicy | undefined
}

/** Result of an attach: a block device, a directory or a file. `kind` selects the type. */
export type Attachment = BlockAttachment | DirectoryAttachment | FileAttachment

/** Type of the attachment for each protocol. */
export interface AttachmentByProtocol {
  /** An iSCSI volume is a block device. */
  readonly iscsi: BlockAttachment
  /** An NVMe namespace is a block device. */
  readonly nvme: BlockAttachment
  /** A Fibre Channel volume is a block device. */
  readonly 'fibre-channel': BlockAttachment
  /** A local device is a block device. */
  readonly local: BlockAttachment
}
/** Type of the attachment that a connection leads to. */
export type AttachmentOf<C extends Connection> = AttachmentByProtocol[C['protocol']]

/** Fields of every attachment. */
export interface AttachmentBase {
  /** Id of the attachment. */
  readonly id: string
  /** Protocol of its connection. */
  readonly protocol: Connection['protocol']
  /** Path that the caller uses: the device node, the directory or the file. */
  readonly path: string
  /**
   * Link to the device below `runDir`, which Brickwork creates after it has verified the identity. Detach removes it first. `null` if there
   * is none.
   */
  readonly stableLink: string | null
  /** Identity of the volume; `null` if the volume shows nothing that distinguishes it from others. */
  readonly identity: VolumeIdentity | null
  /** Whether the kernel refuses writes. */
  readonly readOnly: boolean
  /** Whether there are fewer usable paths than the connection names. */
  readonly degraded: boolean
  /** Whether the volume was attached already, and this call created nothing. */
  readonly reused: boolean
  /** Whether udev's database describes the device. `false` with `ready: 'kernel'`, or if no udevd runs. */
  readonly udevReady: boolean
  /** Duration of each step. Empty in the answer of `inspect()`. */
  readonly timings: readonly StepTiming[]
}
/** Identity of a volume. */
export interface VolumeIdentity {
  /** How to read `id`: a SCSI designator, the kernel's identifier of an NVMe namespace, … */
  readonly scheme: 'scsi' | 'nvme' | 'rbd' | 'share' | 'file' | 'local'
  /** The identifier, in the spelling of its scheme. */
  readonly id: string
}
/** A volume that is attached as a block device. */
export interface BlockAttachment extends AttachmentBase {
  /** Kind of the attachment. */
  readonly kind: 'block'
  /** Device node, equal to `path`: `/dev/sdb`, `/dev/dm-3`; never a udev link. */
  readonly device: string
  /**
   * WWID in the spelling of multipath-tools and udev's scsi_id: type digit and hexadecimal digits (`36001405…`). Of an NVMe namespace, the
   * kernel's own: `uuid.…`, `eui.…`. Absent if the volume shows none.
   */
  readonly wwid?: string
  /** Serial number: the unit's (VPD page 0x80); for NVMe the subsystem's. Absent if it shows none. */
  readonly serial?: string
  /** Size in bytes. */
  readonly sizeBytes: number
  /** Size of a logical block in bytes: 512 or 4096. */
  readonly logicalBlockSize: number
  /** The device-mapper map that `device` is; `null` for a single path, and for paths that the kernel combines itself (NVMe). */
  readonly multipath: {
    /** Name of the map: `mpatha`, or the WWID. */
    readonly name: string
    /** Device node of the map: `/dev/dm-3`. */
    readonly device: string
    /** UUID of the map: `mpath-36001405…`. */
    readonly uuid: string
  } | null
  /** The paths that exist now. */
  readonly paths: readonly AttachedPath[]
  /** What the kernel says of an NVMe namespace. Absent for other volumes. */
  readonly nvme?: NvmeNamespace
  /**
   * Users of the disk or the map at the attach, if it was on the host before. The caller decides whether that is acceptable. Absent if
   * nothing used it, if this attach created all of it, or if it is `reused`: `inspect()` reports the present users.
   */
  readonly users?: readonly Holder[]
}
/** An NVMe namespace as the kernel has it. Identifiers are hexadecimal digits in lower case; one that it does not show is absent. */
export interface NvmeNamespace {
  /** NVMe qualified name of its subsystem. */
  readonly subsystem: string
  /** Number of the namespace in its subsystem. Storage may give it to another volume later. */
  readonly nsid?: number
  /** UUID, with hyphens. */
  readonly uuid?: string
  /** NGUID: 32 digits. */
  readonly nguid?: string
  /** EUI-64: 16 digits. */
  readonly eui64?: string
  /**
   * How the kernel chooses among the paths of the subsystem: `numa`, `round-robin`, `queue-depth`. Absent if it does not combine them
   * (parameter `multipath` of the module `nvme_core`).
   */
  readonly ioPolicy?: string
}
/** A volume that is attached as a directory. No transport returns one yet. */
export interface DirectoryAttachment extends AttachmentBase {
  /** Kind of the attachment. */
  readonly kind: 'directory'
}
/** A volume that is attached as a file. No transport returns one yet. */
export interface FileAttachment extends AttachmentBase {
  /** Kind of the attachment. */
  readonly kind: 'file'
  /** Size in bytes. */
  readonly sizeBytes: number
}
/** An attachment as the journal records it. */
export interface AttachmentSummary {
  /** Id of the attachment. */
  readonly id: string
  /** Owner of the attachment. */
  readonly owner: string
  /** State in the journal. `attaching` and `detaching` are operations in progress or interrupted ones. */
  readonly state: 'attaching' | 'attached' | 'detaching' | 'detached'
  /** Protocol of its connection. */
  readonly protocol: Connection['protocol']
  /** Kind of the attachment; `null` before the attach has returned. */
  readonly kind: Attachment['kind'] | null
  /** Path that the attach returned; `null` before it has returned. */
  readonly path: string | null
  /** Equal to `path` for a block device, else `null`. */
  readonly device: string | null
  /** WWID that the attach returned, if any. */
  readonly wwid?: string
  /** Whether the device is still as the journal says, in this boot of the host. */
  readonly present: boolean
}
