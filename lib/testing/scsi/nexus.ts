import type { Volume } from '../storage/volume.js'

/** A SCSI host of the kernel. */
export interface ScsiHost {
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
  /** As multipathd shows them; it prints `[undef]` for what is absent. */
  readonly hostAdapter?: string
  readonly hostNode?: string
  readonly hostPort?: string
  readonly targetNode?: string
  readonly targetPort?: string
}

/**
 * An I_T nexus, as the SCSI layer sees it: one way from a SCSI host to one target. A transport's model implements it, adds it to the SCSI
 * kernel, and tells the kernel of each change.
 */
export interface Nexus {
  readonly host: ScsiHost
  readonly channel: number
  readonly targetId: number
  /** The transport's object in sysfs. The kernel makes the target's directory in it. */
  readonly directory: string
  readonly names: NexusNames
  /** Whether the transport has a connection, as far as the kernel has noticed: without one a scan finds nothing. */
  ready(): boolean
  /** Whether a command that is sent now is answered. */
  answers(): boolean
  /** Whether the kernel waits for the target no longer. Default: never. */
  isGivenUp?(): boolean
  /** The LUNs that the target has now. */
  luns(): readonly number[]
  /** The volume that a command to this LUN reaches now. */
  volumeAt(lun: number): Volume | undefined
  /** Default: not write-protected. */
  isWriteProtected?(lun: number): boolean
  /** What multipathd's fast_io_fail_tmo comes to in this transport. */
  setFastIoFail?(seconds: number): void
}

/** `target3:0:0` */
export function targetName({ host, channel, targetId }: Nexus): string {
  return `target${host.number}:${channel}:${targetId}`
}
export function targetDirectory(nexus: Nexus): string {
  return `${nexus.directory}/${targetName(nexus)}`
}
