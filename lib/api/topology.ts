/** The block storage of a host: plain data. */
import type { AttachmentSummary } from './attachment.js'

/** The block storage of a host, and how its parts belong together. A name without a node is an object that was removed during the query. */
export interface BlockTopology {
  /** SCSI hosts of every kind: adapters, and for iscsi_tcp one for each session. */
  readonly hosts: readonly ScsiHostNode[]
  /** iSCSI sessions. */
  readonly sessions: readonly IscsiSessionNode[]
  /** Remote ports of Fibre Channel fabrics. */
  readonly remotePorts: readonly RemotePortNode[]
  /** SCSI devices of every kind, including those that are no disks. */
  readonly scsiDevices: readonly ScsiDeviceNode[]
  /** NVMe subsystems. */
  readonly subsystems: readonly NvmeSubsystemNode[]
  /** NVMe controllers. */
  readonly controllers: readonly NvmeControllerNode[]
  /** All block devices: disks, partitions, maps, loop devices, … */
  readonly devices: readonly BlockDeviceNode[]
  /** What could not be read, in words. */
  readonly unseen: readonly string[]
}

/** A SCSI host (`/sys/class/scsi_host`). */
export interface ScsiHostNode {
  /** Number of the host: 3 of `host3`. */
  readonly host: number
  /** Driver of the host: `iscsi_tcp`, `ahci`, `qla2xxx`, … */
  readonly driver: string
  /** The kernel's state of the host: `running`, … */
  readonly state: string
  /** The host as an iSCSI host. A value that the driver does not report is absent. */
  readonly iscsi?: {
    /** Initiator name (`initiatorname`). */
    readonly initiatorName?: string
    /** Address of the interface (`ipaddress`). */
    readonly address?: string
    /** Network interface (`netdev`). */
    readonly netdev?: string
    /** MAC address (`hwaddress`). */
    readonly hwaddress?: string
  }
  /** The host as a Fibre Channel port. A value that the driver does not report is absent. */
  readonly fibreChannel?: {
    /** World-wide name of the node (`node_name`): `0x…`. */
    readonly nodeName?: string
    /** World-wide name of the port (`port_name`): `0x…`. */
    readonly portName?: string
    /** Address of the port in the fabric (`port_id`). */
    readonly portId?: string
    /** `NPort (fabric via point-to-point)`, … */
    readonly portType?: string
    /** `Online`, `Linkdown`, … */
    readonly portState?: string
    /** Speed of the link: `16 Gbit`. */
    readonly speed?: string
    /** World-wide name of the fabric (`fabric_name`). */
    readonly fabricName?: string
  }
}

/** An iSCSI session. */
export interface IscsiSessionNode {
  /** Number of the session: 5 of `session5`. */
  readonly session: number
  /** Number of its SCSI host. */
  readonly host: number
  /** Name of the target (IQN). */
  readonly target: string
  /** Portal that the login requested: `192.0.2.1:3260`. */
  readonly portal: string
  /** open-iscsi's name of the interface: `default`, … */
  readonly iface: string
  /** The kernel's state of the session: `LOGGED_IN`, `FAILED`, `FREE`. */
  readonly state: string
  /** Target portal group tag. */
  readonly portalGroup?: number
  /** Initiator name with which the session logged in. */
  readonly initiatorName?: string
  /** Seconds for which the kernel holds I/O when the connection is lost; −1: for ever. */
  readonly recoverySeconds?: number
  /** Its TCP connections; open-iscsi makes one. */
  readonly connections: readonly IscsiConnectionNode[]
  /** SCSI targets of the session (`3:0:0`). */
  readonly targets: readonly string[]
  /** Attachments of any owner that use the session. */
  readonly attachments: readonly AttachmentOwner[]
}
/** A TCP connection of an iSCSI session. */
export interface IscsiConnectionNode {
  /** Number of the connection in its session. */
  readonly connection: number
  /** Portal that it is connected to, which differs after a redirection. Absent while it is not connected. */
  readonly portal?: string
  /** `up`, `down`, `failed`. Absent on kernels that do not report it. */
  readonly state?: string
}

/** A remote port of a Fibre Channel fabric. */
export interface RemotePortNode {
  /** Name of the port: `rport-3:0-1`. */
  readonly name: string
  /** Number of the SCSI host. */
  readonly host: number
  /** World-wide name of the port (`port_name`): `0x…`. */
  readonly portName?: string
  /** World-wide name of the node (`node_name`): `0x…`. */
  readonly nodeName?: string
  /** Address of the port in the fabric (`port_id`). */
  readonly portId?: string
  /** Roles of the port: `FCP Target`, … */
  readonly roles?: string
  /** State of the port (`port_state`): `Online`, `Blocked`, … */
  readonly state?: string
  /** SCSI targets of the port (`3:0:0`). */
  readonly targets: readonly string[]
}

/** A SCSI device. */
export interface ScsiDeviceNode {
  /** SCSI address `host:channel:target:LUN`: `3:0:0:1`. */
  readonly hctl: string
  /** Number of the SCSI host. */
  readonly host: number
  /** SCSI target: `3:0:0`. */
  readonly target: string
  /** LUN as the kernel numbers it, in decimal. It may have 64 bits. */
  readonly lun: string
  /** `disk`, `tape`, `enclosure`, … or the number of the type. */
  readonly type: string
  /** The kernel's state of the device: `running`, `offline`, `blocked`, `transport-offline`, … */
  readonly state: string
  /** Vendor, from the INQUIRY data. */
  readonly vendor?: string
  /** Model, from the INQUIRY data. */
  readonly model?: string
  /** Product revision, from the INQUIRY data. */
  readonly revision?: string
  /** WWID in the spelling of multipath-tools: `36001405…`. */
  readonly wwid?: string
  /** Unit serial number (VPD page 0x80). */
  readonly serial?: string
  /** Name of its sg device: `sg3`. */
  readonly sg?: string
  /** Name of its block device: `sdb`. */
  readonly block?: string
  /** Number of the iSCSI session that it is reached through. */
  readonly session?: number
  /** Name of the Fibre Channel port that it is reached through. */
  readonly remotePort?: string
}

/** An NVMe subsystem. */
export interface NvmeSubsystemNode {
  /** Name of the subsystem: `nvme-subsys0`. */
  readonly name: string
  /** NVMe qualified name. */
  readonly nqn: string
  /** Model of the subsystem. */
  readonly model?: string
  /** Serial number of the subsystem. */
  readonly serial?: string
  /** How the kernel spreads I/O over its controllers: `numa`, `round-robin`, … */
  readonly ioPolicy?: string
  /** Names of its controllers. */
  readonly controllers: readonly string[]
  /** Names of its namespaces: `nvme0n1`. */
  readonly namespaces: readonly string[]
}
/** An NVMe controller. */
export interface NvmeControllerNode {
  /** Name of the controller: `nvme0`. */
  readonly name: string
  /** `tcp`, `fc`, `rdma`, `loop`, `pcie`. */
  readonly transport: string
  /** Address as the kernel prints it: `traddr=10.99.1.1,trsvcid=4420`. */
  readonly address?: string
  /** The kernel's state of the controller: `live`, `connecting`, … */
  readonly state: string
  /** Name of its subsystem. */
  readonly subsystem?: string
  /** Controller id (CNTLID). */
  readonly cntlid?: number
}

/** A block device. */
export interface BlockDeviceNode {
  /** The kernel's name: `sdb`, `sdb1`, `dm-3`, `nvme0n1`. */
  readonly name: string
  /** Device node: `/dev/sdb`. */
  readonly device: string
  /** Device number: `8:16`. */
  readonly number: string
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
  /** Attachments of any owner that this device, or this path, belongs to. */
  readonly attachments: readonly AttachmentOwner[]
}
/** A path of a multipath map or of an NVMe namespace. */
export interface PathNode {
  /** Name of the path: `sdb`, `nvme0c1n1`. Its number (`8:16`) if the map still has a path whose device is gone. */
  readonly name: string
  /** `active` or `failed` (device-mapper); `optimized`, `inaccessible`, … (ANA). Absent if it could not be queried. */
  readonly state?: string
  /** Number of the path's group in the table of the map, from 1. Only of a map. */
  readonly group?: number
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
