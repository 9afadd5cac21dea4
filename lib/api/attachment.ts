import type { StepTiming } from './call.js'
import type { Connection } from './connection.js'
import type { PartialPolicy } from './policy.js'

/** What the control plane knows about the volume. Every given field is verified before the device is handed out. */
export interface Expected {
  /** Any spelling: `naa.6…`, `36…`, `0x6…`, `eui.…`. */
  readonly wwid?: string
  /** Unit serial number (VPD page 0x80). */
  readonly serial?: string
  readonly uuid?: string
  readonly nguid?: string
  readonly sizeBytes?: number
}
export interface AttachRequest {
  /** Names the attachment for the caller: 1–256 bytes, no control characters. */
  readonly id: string
  readonly connection: Connection
  readonly expected?: Expected
  readonly policy?: PartialPolicy
}
export interface Attachment {
  readonly id: string
  /** The real node: `/dev/sdb`, `/dev/dm-3`; never a udev link. */
  readonly device: string
  /** A link of ours to the device, made after the proof and first to go at detach; `null` for a device that was not proven by us. */
  readonly stableLink: string | null
  /** As multipath-tools and udev's scsi_id spell it: type digit and hex (`36001405…`). */
  readonly wwid?: string
  readonly serial?: string
  readonly sizeBytes: number
  readonly logicalBlockSize: number
  readonly readOnly: boolean
  readonly multipath: { readonly name: string; readonly device: string; readonly uuid: string } | null
  readonly paths: readonly AttachedPath[]
  /** Fewer paths than the connection has. */
  readonly degraded: boolean
  /** It was attached already; nothing was made by this call. */
  readonly reused: boolean
  /** udev's database describes the device. `false` with `ready: 'kernel'`, or where no udevd runs. */
  readonly udevReady: boolean
  readonly timings: readonly StepTiming[]
}
export interface AttachedPath {
  readonly device: string
  readonly hctl?: string
  readonly portal?: string
  readonly target?: string
  /** Where it is not open-iscsi's default one. */
  readonly iface?: string
  readonly session?: number
  readonly state: string
}
export interface AttachmentSummary {
  readonly id: string
  readonly owner: string
  readonly state: 'attaching' | 'attached' | 'detaching'
  readonly protocol: string
  readonly device: string | null
  readonly wwid?: string
  /** Still as the journal says, on this boot of the host. */
  readonly present: boolean
}
/** Somebody who uses a device. */
export interface Holder {
  readonly kind: 'mount' | 'swap' | 'device' | 'process' | 'export' | 'exclusive'
  readonly pid?: number
  readonly command?: string
  /** Mount point, dm name, file … */
  readonly where?: string
}
