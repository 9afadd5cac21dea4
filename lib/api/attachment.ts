import type { StepTiming } from './call.js'
import type { Connection } from './connection.js'
import type { PartialPolicy } from './policy.js'

/** What the control plane knows about the volume. Every given field is verified before the device is handed out. */
export interface Expected {
  /**
   * Any designator of the volume, as arrays and tools spell it: `naa.6…`, `36…`, `0x6…`, `60:01:40:…`, `eui.…`, `t10.…`, `1VENDOR_…`, `uuid.…`, a name
   * below `/dev/disk/by-id`. What names no single volume, such as udev's `ID_WWN` of an NAA 6, is refused with `ERR_INVALID_ARGUMENT`.
   */
  readonly wwid?: string
  /** Unit serial number (VPD page 0x80). */
  readonly serial?: string
  /** UUID designator (SPC-5 7.7.6.12), in any spelling of a UUID. */
  readonly uuid?: string
  /** The 16 bytes of an NGUID, which a SCSI disk shows as an EUI-64-based designator. */
  readonly nguid?: string
  /** By the device's own word, where it was on the host before. */
  readonly sizeBytes?: number
}
export interface AttachRequest<C extends Connection = Connection> {
  /** Names the attachment for the caller: 1–256 bytes, no control characters. */
  readonly id: string
  readonly connection: C
  readonly expected?: Expected
  readonly policy?: PartialPolicy
}

/** What an attach answers with: a block device, a directory or a file, told apart by `kind`. */
export type Attachment = BlockAttachment | DirectoryAttachment | FileAttachment

/** What a connection of this protocol becomes. */
export interface AttachmentByProtocol {
  readonly iscsi: BlockAttachment
  readonly local: BlockAttachment
}
export type AttachmentOf<C extends Connection> = AttachmentByProtocol[C['protocol']]

/** What all kinds have. */
export interface AttachmentBase {
  readonly id: string
  readonly protocol: Connection['protocol']
  /** What the caller uses: the device node, the directory or the file. */
  readonly path: string
  /** A link created by Brickwork to the device, after its identity was verified; detach removes it first. `null` where there is none. */
  readonly stableLink: string | null
  /** What the volume was identified by; `null` where it shows nothing that tells it from others. */
  readonly identity: VolumeIdentity | null
  readonly readOnly: boolean
  /** Fewer paths than the connection names. */
  readonly degraded: boolean
  /** It was attached already; this call created nothing. */
  readonly reused: boolean
  /** udev's database describes the device. `false` with `ready: 'kernel'`, or where no udevd runs. */
  readonly udevReady: boolean
  readonly timings: readonly StepTiming[]
}
export interface VolumeIdentity {
  /** How to read `id`: a SCSI designator, the kernel's identifier of an NVMe namespace, … */
  readonly scheme: 'scsi' | 'nvme' | 'rbd' | 'share' | 'file' | 'local'
  readonly id: string
}
export interface BlockAttachment extends AttachmentBase {
  readonly kind: 'block'
  /** The real node, equal to `path`: `/dev/sdb`, `/dev/dm-3`; never a udev link. */
  readonly device: string
  /** As multipath-tools and udev's scsi_id spell it: type digit and hex (`36001405…`). */
  readonly wwid?: string
  /** Unit serial number (VPD page 0x80). */
  readonly serial?: string
  readonly sizeBytes: number
  readonly logicalBlockSize: number
  /** The device-mapper map that `device` is; `null` for a single path. */
  readonly multipath: { readonly name: string; readonly device: string; readonly uuid: string } | null
  readonly paths: readonly AttachedPath[]
  /**
   * Who used the disk or the map when it was attached, if it was on the host before: the caller decides whether that may be. Absent when nobody did,
   * when this attach created all of it, and when it is `reused` (`inspect()` says who uses it now).
   */
  readonly users?: readonly Holder[]
}
/** No transport answers with a directory yet. */
export interface DirectoryAttachment extends AttachmentBase {
  readonly kind: 'directory'
}
/** No transport answers with a file yet. */
export interface FileAttachment extends AttachmentBase {
  readonly kind: 'file'
  readonly sizeBytes: number
}
/** One path from this host to the volume. */
export interface AttachedPath {
  /** `/dev/sdb` */
  readonly device: string
  /** The kernel's state of the path's device: `running`, `offline`, … */
  readonly state: string
  /**
   * How the array lets this path be used (ALUA): `active/optimized`, `active/non-optimized`, `standby`, `unavailable`, …; absent where the kernel does
   * not know. A path that takes no reads and writes now counts neither for `paths.min` nor as one that is there.
   */
  readonly accessState?: string
  /** The path in a few words, as events and errors name it. */
  readonly label: string
  /** SCSI address `host:channel:target:LUN`. */
  readonly hctl?: string
  readonly iscsi?: {
    /** `192.0.2.1:3260` */
    readonly portal: string
    /** Name of the target (IQN). */
    readonly target: string
    /** open-iscsi's name of the interface: `default` unless the connection names another. */
    readonly iface: string
    /** The kernel's number of the session, in this boot. */
    readonly session: number
    /** For how many seconds the kernel holds I/O back when the session is lost: what it has now, which multipathd may have changed. */
    readonly replacementTimeoutSec?: number
  }
}

export interface AttachmentSummary {
  readonly id: string
  readonly owner: string
  readonly state: 'attaching' | 'attached' | 'detaching' | 'detached'
  readonly protocol: string
  readonly kind: Attachment['kind'] | null
  readonly path: string | null
  /** Equal to `path` for a block device, else `null`. */
  readonly device: string | null
  readonly wwid?: string
  /** Still as the journal says, on this boot of the host. */
  readonly present: boolean
}
/** Somebody who uses a device. */
export interface Holder {
  /**
   * `device`: another device is built on it. `export`: the kernel serves it to others, or a loop device has it. `exclusive`: somebody who was not
   * found keeps everybody else out. `unidentified`: device-mapper counts more opens than were found.
   */
  readonly kind: 'mount' | 'swap' | 'device' | 'process' | 'export' | 'exclusive' | 'unidentified'
  readonly pid?: number
  readonly command?: string
  /** Mount point, device node, subsystem and namespace … */
  readonly where?: string
  /** Of a logical volume `GROUP/VOLUME`, of another device-mapper device its name. */
  readonly name?: string
}
