/** The block storage of a host: plain data. */
import type { AttachmentOwner, BlockDeviceNode } from './block-device-node.js'

export type * from './block-device-node.js'

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
  /** Seconds after which the kernel gives up aborting a command. */
  readonly abortSeconds?: number
  /** Seconds after which the kernel gives up resetting a LUN. */
  readonly lunResetSeconds?: number
  /** Seconds after which the kernel gives up resetting the target. */
  readonly targetResetSeconds?: number
  /** What host and target have negotiated for the session (RFC 7143, 13). Values of a connection are in {@link connections}. */
  readonly negotiated: IscsiSessionParameters
  /** Its TCP connections; open-iscsi makes one. */
  readonly connections: readonly IscsiConnectionNode[]
  /** SCSI targets of the session (`3:0:0`). */
  readonly targets: readonly string[]
  /** Attachments of any owner that use the session. */
  readonly attachments: readonly AttachmentOwner[]
}
/** Negotiated parameters of an iSCSI session. A value that the driver does not report is absent. */
export interface IscsiSessionParameters {
  /** FirstBurstLength in bytes: most unsolicited data of a command. */
  readonly firstBurstBytes?: number
  /** MaxBurstLength in bytes: most data of a sequence. */
  readonly maxBurstBytes?: number
  /** MaxOutstandingR2T: how many requests for data a target may have open for a command. */
  readonly maxOutstandingR2t?: number
  /** ImmediateData: whether a command may carry data. */
  readonly immediateData?: boolean
  /** InitialR2T: whether the host waits for the target's request before it sends data. */
  readonly initialR2t?: boolean
  /** ErrorRecoveryLevel. */
  readonly errorRecoveryLevel?: number
}
/** A TCP connection of an iSCSI session. */
export interface IscsiConnectionNode {
  /** Number of the connection in its session. */
  readonly connection: number
  /** Portal that it is connected to, which differs after a redirection. Absent while it is not connected. */
  readonly portal?: string
  /** `up`, `down`, `failed`. Absent on kernels that do not report it. */
  readonly state?: string
  /** Address of this host that the connection uses. Absent if the driver does not report it. */
  readonly localAddress?: string
  /** Whether the headers have a CRC32C digest (HeaderDigest). */
  readonly headerDigest?: boolean
  /** Whether the data has a CRC32C digest (DataDigest). */
  readonly dataDigest?: boolean
  /** Largest data segment that the host receives, in bytes (MaxRecvDataSegmentLength). */
  readonly maxReceiveBytes?: number
  /** Largest data segment that the host sends, in bytes: that which the target receives. */
  readonly maxTransmitBytes?: number
  /** Seconds without traffic after which the kernel sends a NOP-Out; 0: never. */
  readonly noopIntervalSeconds?: number
  /** Seconds to wait for the answer to a NOP-Out. */
  readonly noopTimeoutSeconds?: number
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
  /** The kernel's device handler: `alua`, `rdac`, … Absent if it has none. */
  readonly handler?: string
  /** The array's access state of this path, as the handler knows it: `active/optimized`, `standby`, … Absent without a handler. */
  readonly accessState?: string
  /** Whether the array prefers this path. Absent without a handler. */
  readonly preferred?: boolean
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
  /** Attachments of any owner that use the controller. Absent if there is none. */
  readonly attachments?: readonly AttachmentOwner[]
}
