/** One path of an attached volume, with the states that the kernel and the array give it. */

/**
 * The kernel's state of a SCSI device (drivers/scsi/scsi_sysfs.c, sdev_states). I/O passes in `running` only. `unknown`: the kernel is just
 * creating or removing the device, or names another state. A device without such states is `running`.
 */
export type DeviceState =
  | 'created'
  | 'running'
  | 'cancel'
  | 'deleted'
  | 'quiesce'
  | 'offline'
  | 'transport-offline'
  | 'blocked'
  | 'created-blocked'
  | 'unknown'
/** State in which an array offers a LUN at a port (SPC-4 5.16, as drivers/scsi/scsi_sysfs.c spells it). The first two take reads and writes. */
export type AccessState =
  | 'active/optimized'
  | 'active/non-optimized'
  | 'standby'
  | 'unavailable'
  | 'lba-dependent'
  | 'offline'
  | 'transitioning'

/** One path from this host to the volume. */
export interface AttachedPath {
  /** Device node of the path: `/dev/sdb`; for NVMe the controller: `/dev/nvme3`. */
  readonly device: string
  /** The kernel's state of the path's device. A controller that is not live is `transport-offline`. */
  readonly state: DeviceState
  /**
   * The array's access state of this path (ALUA; ANA in the words of ALUA). Absent if the kernel does not know it. A path that takes no reads and writes now does not
   * count for `paths.min`, and the attachment is `degraded`.
   */
  readonly accessState?: AccessState
  /** The path in a few words, as events and errors name it. */
  readonly label: string
  /** SCSI address `host:channel:target:LUN`. */
  readonly hctl?: string
  /** The iSCSI session of the path. */
  readonly iscsi?: {
    /** Portal: `192.0.2.1:3260`. */
    readonly portal: string
    /** Name of the target (IQN). */
    readonly target: string
    /** open-iscsi's name of the interface: `default` unless the connection names another. */
    readonly iface: string
    /** The kernel's number of the session in this boot. */
    readonly session: number
    /** Seconds for which the kernel holds I/O when the session is lost. This is the present value; multipathd may have changed it. */
    readonly replacementTimeoutSec?: number
  }
  /** The NVMe controller of the path. */
  readonly nvme?: {
    /** Portal: `192.0.2.1:4420`. */
    readonly portal: string
    /** Name of the controller: `nvme3`. The kernel gives it to another one later. */
    readonly controller: string
    /** The kernel's state of the controller: `live`, `connecting`, `resetting`, `deleting`, … I/O passes in `live` only. */
    readonly state: string
    /** ANA state of the namespace at this controller, as the kernel spells it. Absent if the controller has no ANA. */
    readonly anaState?: string
    /** Seconds for which a lost controller tries to reconnect; −1: for ever. Absent if the kernel does not say. */
    readonly ctrlLossTimeoutSec?: number
  }
  /** The Fibre Channel ports of the path. */
  readonly fc?: {
    /** World-wide name of the port of this host: 16 hexadecimal digits in lower case. */
    readonly initiator: string
    /** World-wide name of the target port. */
    readonly target: string
    /** The kernel's state of the target port: `Online`, `Blocked`, … (drivers/scsi/scsi_transport_fc.c, fc_port_state_names). */
    readonly portState: string
    /** Seconds until I/O fails when the port is lost. Absent if that is off: then it fails with {@link devLossSec}. */
    readonly fastIoFailSec?: number
    /** Seconds until the kernel removes the disks of a lost port. */
    readonly devLossSec?: number
  }
}
