/** What a host has of storage, and what belongs to what: plain data. A name without a node belongs to an object that was removed during the query. */
import type { AttachmentSummary } from './attachment.js'

export interface BlockTopology {
  /** SCSI hosts of every kind: adapters, and for iscsi_tcp one for each session. */
  readonly hosts: readonly ScsiHostNode[]
  readonly sessions: readonly IscsiSessionNode[]
  /** Ports on the other side of a Fibre Channel fabric. */
  readonly remotePorts: readonly RemotePortNode[]
  /** SCSI devices of every kind, also those that are no disks. */
  readonly scsiDevices: readonly ScsiDeviceNode[]
  readonly subsystems: readonly NvmeSubsystemNode[]
  readonly controllers: readonly NvmeControllerNode[]
  /** Disks, partitions, maps and whatever else is a block device. */
  readonly devices: readonly BlockDeviceNode[]
  /** What could not be read, in words. */
  readonly unseen: readonly string[]
}

export interface ScsiHostNode {
  readonly host: number
  /** `iscsi_tcp`, `ahci`, `qla2xxx`, … */
  readonly driver: string
  readonly state: string
  readonly iscsi?: { readonly initiatorName?: string; readonly address?: string; readonly netdev?: string; readonly hwaddress?: string }
  readonly fibreChannel?: {
    readonly nodeName?: string
    readonly portName?: string
    readonly portId?: string
    readonly portType?: string
    readonly portState?: string
    readonly speed?: string
    readonly fabricName?: string
  }
}

export interface IscsiSessionNode {
  readonly session: number
  readonly host: number
  readonly target: string
  /** What was asked for at login. */
  readonly portal: string
  readonly iface: string
  /** `LOGGED_IN`, `FAILED`, `FREE` */
  readonly state: string
  readonly portalGroup?: number
  readonly initiatorName?: string
  /** So long I/O waits for a lost connection before it fails. */
  readonly recoverySeconds?: number
  readonly connections: readonly IscsiConnectionNode[]
  /** SCSI targets of the session (`3:0:0`). */
  readonly targets: readonly string[]
  /** Attachments of any owner that use it. */
  readonly attachments: readonly AttachmentOwner[]
}
export interface IscsiConnectionNode {
  readonly connection: number
  /** The peer that it really has, which a redirection may have changed; absent while it has none. */
  readonly portal?: string
  /** `up`, `down`, `failed`; absent on kernels that do not say it. */
  readonly state?: string
}

export interface RemotePortNode {
  /** `rport-3:0-1` */
  readonly name: string
  readonly host: number
  readonly portName?: string
  readonly nodeName?: string
  readonly portId?: string
  readonly roles?: string
  readonly state?: string
  readonly targets: readonly string[]
}

export interface ScsiDeviceNode {
  /** `3:0:0:1`: host, channel, target, LUN */
  readonly hctl: string
  readonly host: number
  /** `3:0:0` */
  readonly target: string
  /** As the kernel counts them, in decimal; it may have 64 bits. */
  readonly lun: string
  /** `disk`, `tape`, `enclosure`, … or the number of the type */
  readonly type: string
  /** `running`, `offline`, `blocked`, `transport-offline`, … */
  readonly state: string
  readonly vendor?: string
  readonly model?: string
  readonly revision?: string
  readonly wwid?: string
  readonly serial?: string
  /** `sg3` */
  readonly sg?: string
  /** Its block device: `sdb`. */
  readonly block?: string
  readonly session?: number
  readonly remotePort?: string
}

export interface NvmeSubsystemNode {
  /** `nvme-subsys0` */
  readonly name: string
  readonly nqn: string
  readonly model?: string
  readonly serial?: string
  /** How I/O is spread over its controllers: `numa`, `round-robin`, … */
  readonly ioPolicy?: string
  readonly controllers: readonly string[]
  readonly namespaces: readonly string[]
}
export interface NvmeControllerNode {
  /** `nvme0` */
  readonly name: string
  /** `tcp`, `fc`, `rdma`, `loop`, `pcie` */
  readonly transport: string
  /** `traddr=10.99.1.1,trsvcid=4420` */
  readonly address?: string
  readonly state: string
  readonly subsystem?: string
  readonly cntlid?: number
}

export interface BlockDeviceNode {
  /** The kernel's: `sdb`, `sdb1`, `dm-3`, `nvme0n1`. */
  readonly name: string
  /** `/dev/sdb` */
  readonly device: string
  /** `8:16` */
  readonly number: string
  readonly sizeBytes: number
  readonly readOnly: boolean
  /** Counts disks since boot, never given twice. */
  readonly diskseq?: string
  readonly logicalBlockSize?: number
  /** Of a partition: its number, and the disk that it is on. */
  readonly partition?: number
  readonly disk?: string
  readonly partitions: readonly string[]
  readonly hctl?: string
  readonly session?: number
  readonly remotePort?: string
  readonly wwid?: string
  readonly serial?: string
  readonly nvme?: { readonly subsystem?: string; readonly namespace?: number; readonly controllers: readonly string[] }
  readonly dmName?: string
  readonly dmUuid?: string
  readonly dmSuspended?: boolean
  /** Of a loop device. */
  readonly backingFile?: string
  /** Of a multipath map, or an NVMe namespace with several controllers. */
  readonly paths: readonly PathNode[]
  /** Devices built on this one, and those that this one is built on. */
  readonly holders: readonly string[]
  readonly slaves: readonly string[]
  readonly mounts: readonly MountNode[]
  readonly swap: boolean
  /**
   * What udev's database says, parsed when it is asked for; `undefined` while it says nothing of this device. A record of the former device of
   * this number is left out: it has another disk sequence number, uuid or WWID, or is older than the disks of the map.
   */
  readonly udev: UdevNode | undefined
  /** Attachments of any owner that this device, or this path, belongs to. */
  readonly attachments: readonly AttachmentOwner[]
}
export interface PathNode {
  /** `sdb`, `nvme0c1n1`; the number (`8:16`) of a path that a map still has and the host has not. */
  readonly name: string
  /** `active` or `failed` by device-mapper, `optimized`, `inaccessible`, … by ANA; absent where nobody could be asked. */
  readonly state?: string
  /** Of a map: the path's group, from 1, in the order of the table. */
  readonly group?: number
  readonly controller?: string
}
export interface MountNode {
  readonly where: string
  readonly fsType: string
  readonly readOnly: boolean
  /** Where it is mounted only in another mount namespace than that of process 1: a process of that one, and its name. */
  readonly pid?: number
  readonly command?: string
}
export interface UdevNode {
  /** udev has run its rules for the device. */
  readonly initialized: boolean
  /** `/dev/disk/by-id/…` */
  readonly links: readonly string[]
  readonly properties: Readonly<Record<string, string>>
}
export type AttachmentOwner = Pick<AttachmentSummary, 'id' | 'owner' | 'state'>
