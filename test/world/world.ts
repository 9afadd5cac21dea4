/**
 * Everything that a scenario may do to a host and to its storage. There are two implementations: the real kernel and daemons in the lab's
 * guest (`real/world.ts`), and FakeHost (`fake/world.ts`). One script, two worlds, equal outcome.
 */
import type { Attacher, PartialPolicy } from '../../lib/index.js'
import type { NvmeStorage } from './nvme.js'
import type { Party } from '../differential/party.js'

/**
 * Where `writeLater` writes. A direct read makes the kernel write what the page cache holds of the same place. Programs of the host read
 * where a partition table may be: kpartx reads the map directly when a path comes back.
 */
export const WRITTEN_LATER_AT = 1024 * 1024

export interface World {
  readonly kind: 'real' | 'fake'

  // --- the storage side ---
  /** Creates a volume with its own unit serial number (determined by `name`), so that it has an NAA identity. */
  volume(name: string, options?: VolumeOptions): Promise<void>
  /** Bytes of the volume on the storage side, the first ones by default. */
  content(name: string, length: number, from?: number): Promise<Uint8Array>
  /** Changes the size of the volume. No initiator is notified. */
  resizeVolume(name: string, sizeMb: number): Promise<void>
  /** Creates a target that serves volumes on portals. Portal addresses are added to the storage side as needed. */
  target(options: TargetOptions): Promise<void>
  /** Removes the whole target, even while sessions exist. */
  removeTarget(iqn: string): Promise<void>
  /** Every discovery at any portal must use this CHAP from now on; `undefined`: none. */
  discoveryChap(chap: { readonly username: string; readonly secret: string } | undefined): Promise<void>
  mapLun(iqn: string, lun: number, volume: string): Promise<void>
  unmapLun(iqn: string, lun: number): Promise<void>
  /**
   * Sets the handling of TCP segments for this portal: `open`; `drop` (silence); `refuse` (reset); `mute`: the handshake succeeds but no
   * answer ever comes, as from a listener without a target. `mute` does not affect existing sessions.
   */
  portal(portal: string, state: 'open' | 'drop' | 'refuse' | 'mute'): Promise<void>

  /** Packets of more than 1500 bytes from this portal are lost, or pass again. */
  largePackets(portal: string, state: 'pass' | 'lost'): Promise<void>
  /** Makes a portal that serves no target itself and redirects each login to another portal (status 0x0101), until the scenario ends. */
  redirectLogins(portal: string, to: string): Promise<void>

  /** NVMe over TCP: the storage side, and other programs that connect. */
  readonly nvme: NvmeStorage

  /** Sets the answer of the host's resolver for this name; `[]`: the name does not exist. */
  hostName(name: string, addresses: readonly string[]): Promise<void>

  // --- the library ---
  attacher(options?: {
    readonly owner?: string
    readonly stateDir?: string
    readonly inContainer?: boolean
    readonly policy?: PartialPolicy
  }): Promise<Attacher>
  /** An attacher, with the numbers of its process's calls that waited for a free helper or thread, by kind (the fake counts none). */
  counted(): Promise<{ readonly attacher: Attacher; readonly waits: () => Readonly<Record<string, number>> }>
  /** A separate process with an attacher. `owner` and `stateDir` are as for {@link World.attacher}. */
  agent(options?: { readonly owner?: string; readonly stateDir?: string }): Promise<AgentProcess>
  readonly stateDir: string
  readonly runDir: string
  /** Lets time pass: real time in the lab, virtual in the fake. */
  sleep(ms: number): Promise<void>
  now(): number
  /** The largest delay of a control timer since the last call, in milliseconds; 0 in the fake. */
  lateness(): number

  // --- other programs on this host ---
  /** Another program logs in (with iscsiadm, its own record, all LUNs scanned). Returns the session's id. */
  foreignLogin(iqn: string, portal: string): Promise<number>
  /** That program logs out, if it was logged in, and deletes its record. */
  foreignLogout(iqn: string, portal: string): Promise<void>
  /** Another program makes the kernel scan one LUN in any existing session. Returns the disk's name (`sda`). */
  foreignScan(iqn: string, portal: string, lun: number): Promise<string>
  /** Another program creates a record with open-iscsi's defaults (scan and startup as shipped), and doesn't log in. */
  foreignRecord(iqn: string, portal: string): Promise<void>
  /** Mounts an ext4 volume, in this mount namespace or in a separate one (kept by a process until unmounted). */
  mount(device: string, options?: { readonly otherNamespace?: boolean }): Promise<Mounted>
  /** Starts a process that has the device open without O_EXCL, like QEMU. */
  openRaw(device: string): Promise<{ readonly pid: number; close(): Promise<void> }>
  /**
   * A program writes to the device at `WRITTEN_LATER_AT` and keeps it open. The data stays in the page cache, and the kernel does not write
   * it to the volume before the device is flushed or closed.
   */
  writeLater(device: string, text: string): Promise<{ close(): Promise<void> }>
  /** Writes to the beginning of the device, past the page cache. `refused`: the kernel refused the write. */
  write(device: string, text: string): Promise<'written' | 'refused'>
  /** Makes the device an LVM physical volume, with the group `lab_users` and in it the volume `data`, which is active until `end`. */
  logicalVolume(device: string): Promise<{ end(): Promise<void> }>
  /** The kernel's NVMe target exports the device by this path (subsystem `nqn.2024-01.org.example:users`). */
  exportByNvmet(path: string): Promise<{ end(): Promise<void> }>
  /** `lsblk -no FSTYPE DEVICE`; in the fake, from its udev database. */
  fsType(device: string): Promise<string>
  /** Starts a program that reads the device, however long that takes. */
  startReading(device: string): Promise<{ readonly ended: Promise<'read' | 'failed'> }>
  /** Another program makes the kernel remove the SCSI device, however long that takes. */
  startDeleting(hctl: string): Promise<{ readonly ended: Promise<void> }>
  /** The first bytes of the device, read with O_DIRECT. */
  read(device: string, length: number): Promise<Uint8Array>

  /**
   * Another host, with its own initiator name, logs in at this portal and reserves the LUN so that only it may write. The returned function
   * releases the reservation and logs that host out.
   */
  reserve(iqn: string, portal: string, lun: number): Promise<() => Promise<void>>

  // --- multipath ---
  /** Starts multipathd with this configuration (the rest as shipped), or stops it. Initially it is stopped. */
  multipathd(state: 'running' | 'stopped', options?: MultipathdOptions): Promise<void>
  /** Freezes multipathd (SIGSTOP) until the returned function is called. */
  pauseMultipathd(): Promise<() => Promise<void>>
  /** Sends an operator's command to multipathd over its socket (`del path sda`) and returns the answer. */
  tellMultipathd(command: string): Promise<string>
  /** Suspends the map (`dmsetup suspend`), so that its I/O waits until the returned function is called. */
  suspend(map: string): Promise<() => Promise<void>>
  /** Whether I/O waits when the map has no working path, by the live table. */
  isQueueing(map: string): Promise<boolean>
  /** Multipath maps and their paths, by device-mapper, sorted. */
  maps(): Promise<readonly MapSeen[]>

  // --- faults of the host ---
  daemon(daemon: Daemon, state: DaemonState): Promise<void>
  /**
   * udevd processes nothing for this time, because all its workers are busy. Call the returned function after that time to restore the
   * workers.
   */
  occupyUdev(ms: number): Promise<() => Promise<void>>
  /** Creates a small disk for the state directory at the first call (`good`), and sets its state. Only in the lab. */
  stateDisk(stateDir: string, state: DiskState): Promise<void>
  /** Resets the host as after a boot: ends all other programs, and removes storage, sessions and state. Only in the lab. */
  reset(): Promise<void>

  // --- another library ---
  /** Debian's os-brick in its own process. Only in the lab, in a guest that has it (`peer` of the scenario). */
  osBrick(): Promise<Party>

  // --- queries ---
  /** Reads sysfs, iscsiadm, dmsetup and the record database, without the library. */
  leftovers(): Promise<Leftovers>
  /** Names of the SCSI disks below iSCSI sessions (`sda`), by sysfs, sorted. */
  disks(): Promise<string[]>
  /** Ids of iSCSI sessions of this target, by sysfs. */
  sessions(iqn: string): Promise<number[]>
  /** Names of the host's files below a directory, not recursive. */
  list(directory: string): Promise<string[]>
  readText(file: string): Promise<string | undefined>
  writeText(file: string, text: string): Promise<void>
  /** Removes a file, or a directory with its content. */
  remove(path: string): Promise<void>
  /** Every command line since the start, as far as known, to check for secrets. Arguments are joined by spaces. */
  commandLines(): Promise<string[]>
}
export type Daemon = 'iscsid' | 'multipathd' | 'udevd'
/** `killed` by SIGKILL; `frozen` by SIGSTOP, until it is `thawed` (in the fake: iscsid). */
export type DaemonState = 'killed' | 'frozen' | 'thawed' | 'started'
export type DiskState = 'good' | 'full' | 'read-only' | 'lost'
export interface AgentProcess {
  readonly attacher: Attacher
  readonly pid: number
  /** The first bytes of the device, read with O_DIRECT by that process. */
  read(device: string, length: number): Promise<Uint8Array>
  /** Resolves when the process has ended and all its events have been delivered. */
  readonly ended: Promise<void>
  kill(): Promise<void>
  /** The process kills itself when it begins this step for the nth time from now on. */
  dieAt(step: string, nth: number): void
}
export interface MultipathdOptions {
  /** Default `strict`. */
  readonly findMultipaths?: 'strict' | 'yes' | 'no' | 'greedy' | 'smart'
  /** Default false. */
  readonly userFriendlyNames?: boolean
  /** Handling of I/O when the map has no path. Default: as shipped. */
  readonly noPathRetry?: 'queue' | 'fail'
  /** Names of maps, by WWID. */
  readonly aliases?: Readonly<Record<string, string>>
  /** The udev property by which multipathd identifies a volume (`uid_attribute`). Default `ID_SERIAL`. */
  readonly uidAttribute?: 'ID_SERIAL' | 'ID_WWN'
  /** Devices that multipathd ignores: regular expressions for names of devices, or for WWIDs. */
  readonly blacklist?: { readonly devnode?: string; readonly wwid?: string }
  /** Further sections of multipath.conf, verbatim. Only in the lab. */
  readonly sections?: string
}
export interface MapSeen {
  readonly name: string
  readonly uuid: string
  /** `sda` */
  readonly paths: readonly { readonly device: string; readonly state: 'active' | 'failed' }[]
}
export interface VolumeOptions {
  readonly sizeMb?: number
  readonly content?: 'blank' | 'ext4' | 'btrfs'
  /** A GPT, with the content of each partition. */
  readonly partitions?: readonly ('blank' | 'ext4')[]
  /** Makes it a copy of another volume, with that volume's serial number and WWID. */
  readonly cloneOf?: string
}
export interface TargetOptions {
  readonly iqn: string
  /** `10.99.1.1:3260`, `[fd99::1]:3260` */
  readonly portals: readonly string[]
  readonly luns: Readonly<Record<number, string>>
  /** Write-protected for all initiators. */
  readonly readOnly?: boolean
  /** The CHAP secret that the initiator must use, and the target's own for mutual CHAP. */
  readonly chap?: {
    readonly username: string
    readonly secret: string
    readonly target?: { readonly username: string; readonly secret: string }
  }
}
export interface Mounted {
  readonly mountPoint: string
  /** The process that keeps the other namespace alive. */
  readonly pid: number | undefined
  unmount(): Promise<void>
}
/** All iSCSI, SCSI and device-mapper objects on the host, in a normal form and sorted; all empty on a clean host. */
export interface Leftovers {
  /** `iqn portal` */
  readonly sessions: readonly string[]
  /** `iqn portal`, from the record database */
  readonly records: readonly string[]
  /** `iqn lun` of SCSI disks below iSCSI sessions, or `hctl` of other disks */
  readonly disks: readonly string[]
  readonly maps: readonly string[]
}
