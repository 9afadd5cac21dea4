/**
 * Names by which storage systems know this host, and what the host has for each protocol. It is read from files only: nothing is created,
 * started or written. A value that the host does not have, or that this process may not read, is absent.
 */
export interface HostIdentity {
  /** Host name: the kernel's, or that of `/etc/hostname` if this process runs in a container with a host name of its own. */
  readonly hostname?: string
  /** Content of `/etc/machine-id` (machine-id(5)); absent while it is `uninitialized`. */
  readonly machineId?: string
  /** Id of this boot: `/proc/sys/kernel/random/boot_id`. */
  readonly bootId?: string
  /** UUID of the machine from its firmware: `/sys/class/dmi/id/product_uuid`. Only root may read it; many virtual machines have none. */
  readonly systemUuid?: string
  /** UUID of the root file system, from udev's database. Absent for file systems without a device, such as that of a container. */
  readonly rootFilesystemUuid?: string
  /** Architecture of the kernel as in `uname -m`: `x86_64`, `aarch64`. */
  readonly architecture: string
  /** Name of the operating system: `PRETTY_NAME` of os-release(5). */
  readonly os?: string
  /** Release of the kernel as in `uname -r`. */
  readonly kernel?: string
  /** iSCSI. Absent if open-iscsi has no initiator name. */
  readonly iscsi?: IscsiHostIdentity
  /** NVMe over Fabrics. Absent if the host has neither the kernel modules nor a name of its own, or if the pair can't be determined. */
  readonly nvme?: NvmeHostIdentity
  /** Fibre Channel. Absent if the host has no port. */
  readonly fc?: FibreChannelHostIdentity
  /** Addresses of the host, without loopback and link-local ones. */
  readonly addresses: readonly HostAddress[]
  /** What the host has for Ceph's block devices. */
  readonly rbd: {
    /** The kernel module: loaded or built in; installed for the running kernel; or neither. */
    readonly module: 'loaded' | 'available' | 'none'
    /** Whether the program `rbd` is installed. */
    readonly tool: boolean
  }
  /** What the host has for multipath. Absent if its processes can't be listed. */
  readonly multipath?: {
    /** Whether a multipathd runs, by its process. Its socket is not used. */
    readonly daemon: boolean
  }
  /** What could not be read, with the reason: `/etc/iscsi/initiatorname.iscsi (no permission)`. Some files only root may read. */
  readonly unseen: readonly string[]
}

/** The host as an iSCSI initiator. */
export interface IscsiHostIdentity {
  /**
   * The first `InitiatorName` of `/etc/iscsi/initiatorname.iscsi`, which iscsid uses: `iqn.1993-08.org.debian:01:…`. While the file has
   * `GenerateName=yes`, Debian has yet to generate a name, and there is none.
   */
  readonly initiatorName: string
  /** Ifaces that are configured on the host (iscsiadm(8)), besides open-iscsi's own `default` and `iser`. */
  readonly ifaces: readonly IscsiIfaceIdentity[]
}
/** An iface of open-iscsi. A setting that it does not have is absent. */
export interface IscsiIfaceIdentity {
  /** Name of the iface. */
  readonly name: string
  /** `tcp`, `iser`, or the transport of an offload card. */
  readonly transport: string
  /** Network interface that its sessions use. */
  readonly netdev?: string
  /** Address that its sessions use. */
  readonly address?: string
  /** MAC address of the card that its sessions use. */
  readonly hwaddress?: string
  /** Initiator name of its sessions, in place of the host's. */
  readonly initiatorName?: string
}

/** The host as an NVMe over Fabrics host: the pair with which an attach connects. A pair is always used as a whole. */
export interface NvmeHostIdentity {
  /** NVMe qualified name of the host. */
  readonly hostNqn: string
  /** Host identifier: a UUID. */
  readonly hostId: string
  /**
   * Where the pair is from.
   * - `files`: from `/etc/nvme/hostnqn` and `/etc/nvme/hostid`. If only one of them is there, it determines the other value, as in libnvme.
   * - `dmi`: derived from {@link HostIdentity.systemUuid}, as nvme-cli does.
   * - `machine-id`: derived from {@link HostIdentity.machineId} by a keyed hash, so that the machine id itself stays private.
   */
  readonly source: 'files' | 'dmi' | 'machine-id'
  /** Whether the kernel combines the paths of a namespace itself (`nvme_core.multipath`). Absent while the module is not loaded. */
  readonly nativeMultipath?: boolean
}

/** The host as a Fibre Channel initiator. */
export interface FibreChannelHostIdentity {
  /** All ports, whatever their state, ordered by the number of their SCSI host. */
  readonly ports: readonly FibreChannelPort[]
}
/** A Fibre Channel port of the host. */
export interface FibreChannelPort {
  /** World-wide name of the port: 16 hexadecimal digits in lower case. */
  readonly wwpn: string
  /** World-wide name of the node: 16 hexadecimal digits in lower case. */
  readonly wwnn: string
  /** The kernel's state of the port: `Online`, `Linkdown`, … */
  readonly state: string
  /** Speed of the link: `16 Gbit`. Absent while there is no link. */
  readonly speed?: string
  /** Number of its SCSI host: 3 of `host3`. */
  readonly host: number
  /** Number of the SCSI host of the physical port. Only of a virtual port (NPIV). */
  readonly parent?: number
}

/** An address of the host. */
export interface HostAddress {
  /** The address: `192.0.2.1`, or `2001:db8::1` in its shortest form. */
  readonly address: string
  /** Name of its network interface. Absent for an IPv4 address that no route of an interface covers. */
  readonly interface?: string
}
