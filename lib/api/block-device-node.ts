/** A block device of a topology, and what is known of it. */
import type { AttachmentSummary } from './attachment.js'

/** A block device. */
export interface BlockDeviceNode {
  /** The kernel's name: `sdb`, `sdb1`, `dm-3`, `nvme0n1`. */
  readonly name: string
  /** Device node: `/dev/sdb`. */
  readonly device: string
  /** Device number: `8:16`. */
  readonly number: string
  /**
   * Kind of the device, in the words of lsblk(8): `disk`, `part`, `rom`, `loop`, `md`; for a device-mapper device the first part of its uuid
   * in lower case (`mpath`, `lvm`, `crypt`, `part`), or `dm` without one.
   */
  readonly type: string
  /** Transport of a disk, in the words of lsblk(8): `iscsi`, `fc`, `nvme`, `virtio`, `usb`, `sata`, `ata`. Absent if it is another one. */
  readonly transport?: string
  /** Size in bytes. */
  readonly sizeBytes: number
  /** Whether the kernel refuses writes. */
  readonly readOnly: boolean
  /** Sequence number of the disk, which the kernel never reuses in a boot. Absent on kernels before 5.15. */
  readonly diskseq?: string
  /** Size of a logical block in bytes. */
  readonly logicalBlockSize?: number
  /** Number of the partition. Only of a partition. */
  readonly partition?: number
  /** Name of the disk that the partition is on. Only of a partition. */
  readonly disk?: string
  /** Names of its partitions. */
  readonly partitions: readonly string[]
  /** SCSI address of a SCSI disk: `3:0:0:1`. */
  readonly hctl?: string
  /** Number of the iSCSI session that a disk is reached through. */
  readonly session?: number
  /** Name of the Fibre Channel port that a disk is reached through. */
  readonly remotePort?: string
  /** WWID: of a SCSI disk or map in the spelling of multipath-tools (`36001405…`), else as sysfs has it. */
  readonly wwid?: string
  /** Serial number. */
  readonly serial?: string
  /** The namespace that an NVMe device is. */
  readonly nvme?: {
    /** Name of the subsystem: `nvme-subsys0`. */
    readonly subsystem?: string
    /** Number of the namespace (NSID). */
    readonly namespace?: number
    /** Names of the controllers through which the namespace is reached. */
    readonly controllers: readonly string[]
  }
  /** Name of a device-mapper device. */
  readonly dmName?: string
  /** UUID of a device-mapper device. */
  readonly dmUuid?: string
  /** Whether a device-mapper device is suspended: I/O waits. */
  readonly dmSuspended?: boolean
  /** File of a loop device. */
  readonly backingFile?: string
  /** Settings of a multipath map. Absent if it could not be queried. */
  readonly map?: MapNode
  /** Paths of a multipath map, or of an NVMe namespace with several controllers. */
  readonly paths: readonly PathNode[]
  /** Names of the devices that are built on this one. */
  readonly holders: readonly string[]
  /** Names of the devices that this one is built on. */
  readonly slaves: readonly string[]
  /** Mounts of the device, in every mount namespace. */
  readonly mounts: readonly MountNode[]
  /** Whether the device is in use as swap. */
  readonly swap: boolean
  /**
   * The record of udev's database, parsed when it is first read; `undefined` if there is none for this device. A record of the former device
   * with this number is left out: it has another disk sequence number, uuid or WWID, or is older than the disks of the map.
   */
  readonly udev: UdevNode | undefined
  /** What is on the device, from {@link udev}; `undefined` if nothing is known. */
  readonly content: ContentNode | undefined
  /** The entry of a partition in the table of its disk, from {@link udev}; `undefined` if it is unknown. */
  readonly partitionEntry: PartitionEntryNode | undefined
  /** Attachments of any owner that this device, or this path, belongs to. */
  readonly attachments: readonly AttachmentOwner[]
}
/** Settings of a multipath map, from the kernel (Documentation/admin-guide/device-mapper/dm-multipath). */
export interface MapNode {
  /** Features with their arguments: `queue_if_no_path`, `pg_init_retries`, `50`, … */
  readonly features: readonly string[]
  /** Whether I/O waits while the map has no path. */
  readonly queueIfNoPath: boolean
  /** Hardware handler with its arguments: `alua`. Absent if the map has none. */
  readonly hardwareHandler?: string
  /** Groups of paths, in the order of the table. The number of the first one is 1. */
  readonly groups: readonly PathGroupNode[]
}
/** A group of paths of a multipath map. */
export interface PathGroupNode {
  /** `active` if I/O goes to it; `enabled`; `disabled` if it is used last. */
  readonly state: string
  /** Path selector with its arguments: `service-time 0`. */
  readonly selector: string
}
/** A path of a multipath map or of an NVMe namespace. */
export interface PathNode {
  /** Name of the path: `sdb`, `nvme0c1n1`. Its number (`8:16`) if the map still has a path whose device is gone. */
  readonly name: string
  /** `active` or `failed` (device-mapper); `optimized`, `inaccessible`, … (ANA). Absent if it could not be queried. */
  readonly state?: string
  /** Number of the path's group in the table of the map, from 1. Only of a map. */
  readonly group?: number
  /** How often the path has failed since the table was loaded. Only of a map. */
  readonly failures?: number
  /** What multipathd's checker says of the path: `ready`, `ghost`, `faulty`, … Only with `askMultipathd`. */
  readonly checkerState?: string
  /** Name of multipathd's checker: `tur`. Only with `askMultipathd`. */
  readonly checker?: string
  /** multipathd's priority of the path. Only with `askMultipathd`. */
  readonly priority?: number
  /** Name of the NVMe controller. Only of a namespace. */
  readonly controller?: string
}
/** A mount. */
export interface MountNode {
  /** Mount point, as its mount namespace has it. */
  readonly where: string
  /** Type of the file system: `ext4`. */
  readonly fsType: string
  /** Whether it is mounted read-only. */
  readonly readOnly: boolean
  /** A process of the mount namespace. Absent if it is mounted in the namespace of process 1. */
  readonly pid?: number
  /** Name of that process. */
  readonly command?: string
}
/** The contents of a device, as blkid(8) found them. */
export interface ContentNode {
  /** Type of the file system, or of another signature: `ext4`, `swap`, `LVM2_member`, `crypto_LUKS`. Absent if there is only a table. */
  readonly type?: string
  /** Version of the format: `1.0`. */
  readonly version?: string
  /** UUID of the file system or of the other signature. */
  readonly uuid?: string
  /** Label. */
  readonly label?: string
  /** Type of the partition table on the device: `gpt`, `dos`. */
  readonly partitionTable?: string
}
/** The entry of a partition. */
export interface PartitionEntryNode {
  /** UUID of the partition (PARTUUID). */
  readonly uuid?: string
  /** Name of the partition (PARTLABEL). */
  readonly name?: string
  /** Type of the partition: a UUID, or a number such as `0x83`. */
  readonly type?: string
}
/** The record of a device in udev's database. */
export interface UdevNode {
  /** Whether udev has run its rules for the device. */
  readonly initialized: boolean
  /** Links to the device: `/dev/disk/by-id/…`. */
  readonly links: readonly string[]
  /** Properties: `ID_SERIAL`, `ID_FS_TYPE`, … */
  readonly properties: Readonly<Record<string, string>>
}
/** An attachment that uses an object. */
export type AttachmentOwner = Pick<AttachmentSummary, 'id' | 'owner' | 'state'>
