import type { Volume } from '../storage/volume.js'

/** States of asymmetric access (ALUA), as the kernel spells them. */
export type AccessState = 'active/optimized' | 'active/non-optimized' | 'standby' | 'unavailable'

/** A SCSI host of the kernel. */
export interface ScsiHost {
  /** 3 of `host3`. Free numbers are reused. */
  readonly number: number
  /** `/sys/devices/platform/host3` */
  readonly directory: string
}

/** The names of the two ends of a nexus. */
export interface NexusNames {
  /** Protocol identifier of the target's designators (SPC-4, 7.6.1). */
  readonly protocol: number
  /** The target's SCSI name string, as page 83 shows it. */
  readonly target: string
  /** `host_adapter` of multipathd, which prints `[undef]` for each of these names that is absent. */
  readonly hostAdapter?: string
  /** `host_wwnn` */
  readonly hostNode?: string
  /** `host_wwpn` */
  readonly hostPort?: string
  /** `target_wwnn` */
  readonly targetNode?: string
  /** `target_wwpn` */
  readonly targetPort?: string
}

/**
 * An I_T nexus, as the SCSI layer sees it: one path from a SCSI host to one target. A transport's model implements it, adds it to the SCSI
 * kernel, and reports each change to the kernel.
 */
export interface Nexus {
  /** The SCSI host, as `addHost` returned it. */
  readonly host: ScsiHost
  /** C of H:C:I:L. */
  readonly channel: number
  /** I of H:C:I:L. */
  readonly targetId: number
  /** The transport's object in sysfs. The kernel creates the target's directory in it. */
  readonly directory: string
  /** The names of its two ends, as disks and multipathd show them. */
  readonly names: NexusNames
  /** Whether the transport has a connection, as far as the kernel has noticed: without one a scan finds nothing. */
  ready(): boolean
  /** Whether a command that is sent now is answered. */
  answers(): boolean
  /** Whether an answer with so many bytes of data arrives. Default: always. */
  carries?(bytes: number): boolean
  /** Whether the kernel has stopped waiting for the target. Default: never. */
  isGivenUp?(): boolean
  /** The LUNs that the target has now. */
  luns(): readonly number[]
  /** The volume that a command to this LUN reaches now. */
  volumeAt(lun: number): Volume | undefined
  /** The access state of the port (ALUA). Default `active/optimized`. */
  accessState?(): AccessState
  /** Whether the LUN is write-protected. Default: it is not. */
  isWriteProtected?(lun: number): boolean
  /** Sets the transport's own form of multipathd's fast_io_fail_tmo, in seconds. */
  setFastIoFail?(seconds: number): void
}

/** `target3:0:0` */
export function targetName({ host, channel, targetId }: Nexus): string {
  return `target${host.number}:${channel}:${targetId}`
}
export function targetDirectory(nexus: Nexus): string {
  return `${nexus.directory}/${targetName(nexus)}`
}
