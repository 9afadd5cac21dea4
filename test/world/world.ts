/**
 * What a scenario may do to a host and to the storage around it. Implemented twice: by the real kernel and daemons in the lab's guest
 * (`real/world.ts`) and by FakeHost (`fake/world.ts`). One script, two worlds, equal outcome.
 */
import type { Attacher, PartialPolicy } from '../../lib/index.js'
import type { Party } from '../differential/party.js'

export interface World {
  readonly kind: 'real' | 'fake'

  // --- the storage side ---
  /** Makes a volume with a unit serial number of its own (fixed by `name`), so that it has an NAA identity. */
  volume(name: string, options?: VolumeOptions): Promise<void>
  /** The first bytes of the volume as the storage side has them. */
  content(name: string, length: number): Promise<Uint8Array>
  /** The volume has another size from now on; nobody is told. */
  resizeVolume(name: string, sizeMb: number): Promise<void>
  /** Makes a target that serves volumes on portals. Portal addresses are added to the storage side as needed. */
  target(options: TargetOptions): Promise<void>
  /** Takes the whole target away while sessions may exist. */
  removeTarget(iqn: string): Promise<void>
  /** CHAP that every discovery must answer from now on, at all portals; `undefined`: none. */
  discoveryChap(chap: { readonly username: string; readonly secret: string } | undefined): Promise<void>
  mapLun(iqn: string, lun: number, volume: string): Promise<void>
  unmapLun(iqn: string, lun: number): Promise<void>
  /**
   * What happens to TCP segments for this portal: `open`; `drop` (silence); `refuse` (reset); `mute`: the handshake succeeds and nothing
   * is ever answered (a listener without a target behind it; sessions that exist are not touched).
   */
  portal(portal: string, state: 'open' | 'drop' | 'refuse' | 'mute'): Promise<void>

  /** Packets of more than 1500 bytes from this portal get lost, or pass again. */
  largePackets(portal: string, state: 'pass' | 'lost'): Promise<void>
  /** A portal that serves no target itself: each login there is redirected to another portal (status 0x0101), until the scenario ends. */
  redirectLogins(portal: string, to: string): Promise<void>

  /** What the host's resolver says of this name from now on; `[]`: that there is none. */
  hostName(name: string, addresses: readonly string[]): Promise<void>

  // --- the library ---
  attacher(options?: {
    readonly owner?: string
    readonly stateDir?: string
    readonly inContainer?: boolean
    readonly policy?: PartialPolicy
  }): Promise<Attacher>
  /** An attacher, and how many calls of its process have waited for a place among helpers and threads, by kind (in the fake: none is counted). */
  counted(): Promise<{ readonly attacher: Attacher; readonly waits: () => Readonly<Record<string, number>> }>
  /** A process of its own that has an attacher, with `owner` and `stateDir` as for {@link World.attacher}. */
  agent(options?: { readonly owner?: string; readonly stateDir?: string }): Promise<AgentProcess>
  readonly stateDir: string
  readonly runDir: string
  /** Lets time pass: real time in the lab, virtual in the fake. */
  sleep(ms: number): Promise<void>
  now(): number
  /** How late a control timer was at worst since the last call, in milliseconds; 0 in the fake. */
  lateness(): number

  // --- other people on this host ---
  /** Another program logs in (open-iscsi by hand, record made by it, all LUNs scanned). Answers with the session's id. */
  foreignLogin(iqn: string, portal: string): Promise<number>
  /** It logs out, if it was logged in, and deletes its record. */
  foreignLogout(iqn: string, portal: string): Promise<void>
  /** Another program has the kernel scan one LUN in a session that is there, whoever logged in. Answers with the disk's name (`sda`). */
  foreignScan(iqn: string, portal: string, lun: number): Promise<string>
  /** Another program makes a record as open-iscsi makes them (scan and startup as shipped), and doesn't log in. */
  foreignRecord(iqn: string, portal: string): Promise<void>
  /** Mounts an ext4 volume, in this mount namespace or in one of its own (a process that stays until unmounted). */
  mount(device: string, options?: { readonly otherNamespace?: boolean }): Promise<Mounted>
  /** A process that has the device open without O_EXCL, as QEMU would. */
  openRaw(device: string): Promise<{ readonly pid: number; close(): Promise<void> }>
  /**
   * A program that writes to the beginning of the device and keeps it open: what it wrote is in the page cache, and nobody brings it to the
   * volume before the device is flushed or closed.
   */
  writeLater(device: string, text: string): Promise<{ close(): Promise<void> }>
  /** Writes to the beginning of the device, past the page cache. `refused`: the kernel takes no writes. */
  write(device: string, text: string): Promise<'written' | 'refused'>
  /** LVM makes a physical volume of the device, the group `lab_users`, and in it the volume `data`, which is active until the end. */
  logicalVolume(device: string): Promise<{ end(): Promise<void> }>
  /** The kernel's NVMe target has the device open for others (subsystem `nqn.2024-01.org.example:users`), by this path. */
  exportByNvmet(path: string): Promise<{ end(): Promise<void> }>
  /** `lsblk -no FSTYPE DEVICE`, or what the fake's udev database says. */
  fsType(device: string): Promise<string>
  /** A program that reads the device, however long that takes. */
  startReading(device: string): Promise<{ readonly ended: Promise<'read' | 'failed'> }>
  /** Somebody has the kernel remove the SCSI device, however long that takes. */
  startDeleting(hctl: string): Promise<{ readonly ended: Promise<void> }>
  /** The first bytes of the device, read with O_DIRECT. */
  read(device: string, length: number): Promise<Uint8Array>

  /**
   * Another host, with an initiator name of its own, logs in at this portal and reserves the LUN so that only it may write. The answer gives the
   * reservation back and logs that host out.
   */
  reserve(iqn: string, portal: string, lun: number): Promise<() => Promise<void>>

  // --- multipath ---
  /** Starts multipathd with this configuration (the rest as shipped), or stops it. Until then it doesn't run. */
  multipathd(state: 'running' | 'stopped', options?: MultipathdOptions): Promise<void>
  /** multipathd is there and does nothing (SIGSTOP), until the answer is called. */
  pauseMultipathd(): Promise<() => Promise<void>>
  /** What an operator says to multipathd over its socket (`del path sda`); the answer. */
  tellMultipathd(command: string): Promise<string>
  /** I/O of the map waits (`dmsetup suspend`), until the answer is called. */
  suspend(map: string): Promise<() => Promise<void>>
  /** Whether I/O waits when the map has no working path, by the table that is live. */
  isQueueing(map: string): Promise<boolean>
  /** Multipath maps and their paths, by device-mapper, sorted. */
  maps(): Promise<readonly MapSeen[]>

  // --- what happens to the host ---
  daemon(daemon: Daemon, state: DaemonState): Promise<void>
  /** udevd processes nothing for so long: all its workers are busy. The answer gives it its workers back, when that time is over. */
  occupyUdev(ms: number): Promise<() => Promise<void>>
  /** Makes a small disk for the state directory at the first call (`good`), and lets something happen to it. Only in the lab. */
  stateDisk(stateDir: string, state: DiskState): Promise<void>
  /** As after a boot: everybody goes home, and nothing of storage, sessions and state is left. Only in the lab. */
  reset(): Promise<void>

  // --- another library ---
  /** Debian's os-brick in a process of its own. Only in the lab, in a guest that has it (`peer` of the scenario). */
  osBrick(): Promise<Party>

  // --- looking ---
  /** Own look at sysfs, iscsiadm, dmsetup and the record database: nothing of the library is used. */
  leftovers(): Promise<Leftovers>
  /** Names of the SCSI disks below iSCSI sessions (`sda`), by sysfs, sorted. */
  disks(): Promise<string[]>
  /** Ids of iSCSI sessions of this target, by sysfs. */
  sessions(iqn: string): Promise<number[]>
  /** Names of the host's files below a directory, not recursive. */
  list(directory: string): Promise<string[]>
  readText(file: string): Promise<string | undefined>
  writeText(file: string, text: string): Promise<void>
  /** Takes a file away, or a directory with everything in it. */
  remove(path: string): Promise<void>
  /** Every command line that was run since the start, as far as it can be known: for secrets. Arguments joined by spaces. */
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
  /** Resolves when the process is gone; by then all events that it told have been told. */
  readonly ended: Promise<void>
  kill(): Promise<void>
  /** It kills itself as soon as it begins this step for the nth time from now on. */
  dieAt(step: string, nth: number): void
}
export interface MultipathdOptions {
  /** Default `strict`. */
  readonly findMultipaths?: 'strict' | 'yes' | 'no' | 'greedy' | 'smart'
  /** Default false. */
  readonly userFriendlyNames?: boolean
  /** What happens to I/O of a map without a path. Default: as shipped. */
  readonly noPathRetry?: 'queue' | 'fail'
  /** Names of maps, by WWID. */
  readonly aliases?: Readonly<Record<string, string>>
  /** The property of udev by which multipathd knows a volume (`uid_attribute`). Default `ID_SERIAL`. */
  readonly uidAttribute?: 'ID_SERIAL' | 'ID_WWN'
  /** What multipathd leaves alone: regular expressions for names of devices, or for WWIDs. */
  readonly blacklist?: { readonly devnode?: string; readonly wwid?: string }
  /** Further sections of multipath.conf, as they are written there. Only in the lab. */
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
  /** A GPT, and what is on each of its partitions. */
  readonly partitions?: readonly ('blank' | 'ext4')[]
  /** As the copy of another volume, with its serial number and WWID. */
  readonly cloneOf?: string
}
export interface TargetOptions {
  readonly iqn: string
  /** `10.99.1.1:3260`, `[fd99::1]:3260` */
  readonly portals: readonly string[]
  readonly luns: Readonly<Record<number, string>>
  /** Write-protected, whoever logs in. */
  readonly readOnly?: boolean
  /** CHAP that the initiator must answer, and what the target answers when it is asked itself (mutual CHAP). */
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
/** Everything iSCSI, SCSI and device-mapper that is on the host, in a normal form and sorted; all empty on a clean host. */
export interface Leftovers {
  /** `iqn portal` */
  readonly sessions: readonly string[]
  /** `iqn portal`, from the record database */
  readonly records: readonly string[]
  /** `iqn lun` of SCSI disks below iSCSI sessions, or `hctl` of others */
  readonly disks: readonly string[]
  readonly maps: readonly string[]
}
