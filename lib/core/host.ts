/**
 * The machine as a parameter: everything that Brickwork asks of a Linux host, as types.
 *
 * All paths are **host paths**: absolute, as the host's own daemons see them (`/sys/class/…`). Only the implementations know that the
 * host may lie below another directory (an agent in a container) or only in memory (`FakeHost`).
 *
 * Absence is a value (`undefined`, `[]`); EIO, EACCES, ENODEV are errors (`ERR_KERNEL`, `ERR_PERMISSION`).
 */
import type { AccessChange } from './access-change.js'
import type { ChangedFiles, ChangedRequest } from './changed-files.js'
import type { Plan, Tree } from './tree.js'
import type { Events } from './uevents.js'

export type * from './access-change.js'
export type * from './changed-files.js'
export type * from './uevents.js'

/**
 * A Linux host. Get one from {@link createHost}, or a `FakeHost` from `brickwork-storage/testing`. Its ports are for Brickwork itself and may
 * change with each version.
 */
export interface Host {
  /** @internal */
  readonly files: Files
  /** @internal */
  readonly commands: Commands
  /** @internal */
  readonly kernel: Kernel
  /** @internal */
  readonly events: Events
  /** @internal */
  readonly locks: Locks
  /** Clock of the host. */
  readonly clock: Clock
  /** Log of the host. */
  readonly log: Log
}

/** Small files: sysfs and procfs attributes to read, state files to write. Nothing here may be used on a device node. */
export interface Files {
  /** Text without its trailing newline; `undefined` when there is no such file. */
  read(path: string): Promise<string | undefined>
  readBytes(path: string): Promise<Uint8Array | undefined>
  /** Sorted names; empty when there is no such directory. */
  list(path: string): Promise<string[]>
  /** The host path with every link resolved; `undefined` when nothing is there. */
  resolve(path: string): Promise<string | undefined>
  /** What the link says, unresolved; `undefined` when there is no such link. */
  readLink(path: string): Promise<string | undefined>
  /** Type, permission bits, owner and device number; `undefined` when nothing is there. Does not follow a link in the last place. */
  stat(path: string): Promise<FileStat | undefined>
  /** Makes the directory and its parents; nothing happens to directories that exist. */
  makeDirectory(path: string, mode: number): Promise<void>
  /** Durably replaces or removes (`text: undefined`) files, all or each as a whole: temporary file, fsync, rename, fsync of each directory once. Counts as one durable write. */
  commit(changes: readonly FileChange[]): Promise<void>
  /** Replaces one file as a whole, without waiting for the disk: for run directories and marks. */
  replace(path: string, text: string, mode: number): Promise<void>
  /** Adds text at the end of a file (made with `mode` if absent), without waiting for the disk. */
  append(path: string, text: string, mode: number): Promise<void>
  /** Removes a file or link; `false` when there was none. */
  remove(path: string): Promise<boolean>
  /** Makes or replaces a symbolic link by rename. */
  link(path: string, target: string): Promise<void>
}
export interface FileStat {
  readonly type: 'file' | 'directory' | 'link' | 'block' | 'other'
  readonly mode: number
  readonly uid: number
  /** `major:minor` of a device node, else `undefined`. */
  readonly device: string | undefined
  readonly modifiedMs: number
}
export interface FileChange {
  readonly path: string
  readonly text: string | undefined
  readonly mode: number
}

/** External programs: no shell, `LC_ALL=C`, both outputs collected up to a limit. */
export interface Commands {
  /**
   * Runs a program of the host. Exit codes are answers, not errors: the caller decides.
   * @throws `ERR_TOOL_MISSING` when there is no such program; the signal's reason when the signal aborts, at once, also when the child is
   * stuck. `onAbort: 'leave'` lets the child end by itself, since it may hold a lock.
   */
  run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult>
}
export interface CommandOptions {
  readonly signal: AbortSignal
  readonly input?: string
  /** What happens to a child that still runs when `signal` aborts: TERM then KILL, or nothing. */
  readonly onAbort: 'kill' | 'leave'
}
/** How a program ended. */
export interface CommandResult {
  /** Exit status; 128 + signal number if a signal ended it. */
  readonly exitCode: number
  /** Standard output. */
  readonly stdout: string
  /** Standard error. */
  readonly stderr: string
}

/** What needs system calls that Node.js has not, or may hang where Node.js must not. */
export interface Kernel {
  /** Reads a part of sysfs in one go; what vanishes meanwhile is absent. */
  readTree(plan: Plan, signal: AbortSignal): Promise<Tree>
  /**
   * Files of a directory, by the end of their names, in one go: those that have changed since an earlier call answered with `since`, or all. What
   * was written in the moment in which it was read may come again. A directory that is not there has no files.
   */
  readChanged(request: ChangedRequest, signal: AbortSignal): Promise<ChangedFiles>
  /** Opens `directory` once, compares every guard through that handle, then writes. */
  write(request: GuardedWrite, signal: AbortSignal): Promise<WriteOutcome>
  /** One SCSI command that reads, through an sg node, asynchronously: a dead device costs the time-out and no thread. A SCSI status is an answer. */
  scsi(request: ScsiRequest, signal: AbortSignal): Promise<ScsiReply>
  /** A TCP handshake in the network namespace of the host's daemons, closed at once. */
  connect(address: string, port: number, signal: AbortSignal): Promise<ConnectOutcome>
  /** One request and its reply over a daemon's abstract socket; the peer must be root before the first byte is sent. */
  exchange(request: DaemonRequest, signal: AbortSignal): Promise<Uint8Array>
  /** Opens a block device with O_EXCL (fails for mounts in any namespace, LVM, md, dm, swap) and keeps it open until released. */
  hold(device: string, signal: AbortSignal): Promise<Hold | 'busy' | 'gone'>
  /** fsync and BLKFLSBUF of a block device, in a helper process: may take as long as the device does. */
  flush(device: string, signal: AbortSignal): Promise<void>
  /** Reads `length` bytes at `offset` with O_DIRECT, in a helper process. */
  readDirect(device: string, offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /**
   * Processes that have one of these block devices (`8:16`) or character devices (`c21:3`) open, by /proc, but for our own holds: one entry for each
   * open file. QEMU, backup programs and the like open without O_EXCL.
   */
  openers(devices: readonly string[], signal: AbortSignal): Promise<Openers>
  /** A question to device-mapper about the device of this uuid, by ioctl; `undefined` when there is none. */
  deviceMapper(request: DeviceMapperRequest, signal: AbortSignal): Promise<DeviceMapperStatus | undefined>
  /** Removes the device-mapper device of this uuid, in a helper process. `busy`: it is open. */
  removeMap(uuid: string, signal: AbortSignal): Promise<'removed' | 'busy' | 'gone'>
  /** Makes a multipath device with a live table, or nothing, in a helper process. `busy`: there is one of this name or uuid, or a path is in use or can't be opened just now. */
  createMap(map: NewMap, signal: AbortSignal): Promise<'created' | 'busy'>
  /**
   * Makes the kernel refuse writes to a block device, or take them again (BLKROSET), in a helper process. `unchanged`: it was so before. A device
   * whose driver has made it read-only stays so. `gone`: no device, or another disk.
   */
  setReadOnly(change: AccessChange, signal: AbortSignal): Promise<'changed' | 'unchanged' | 'gone'>
  /** Replaces or removes (`text: undefined`) a file while open-iscsi's own database lock is held, in one native call: temporary file, mode 0600, rename. */
  changeRecord(change: RecordChange, signal: AbortSignal): Promise<'done' | 'lock-timeout'>
}
export interface GuardedWrite {
  /** Host path of a sysfs directory. */
  readonly directory: string
  readonly guards: readonly Guard[]
  /** Name or relative path of the attribute. */
  readonly attribute: string
  readonly value: string
  /** `bounded`: the kernel ends it by itself (a scan). `unbounded`: may wait for ever (delete), so a helper process does it. */
  readonly waits: 'bounded' | 'unbounded'
}
export interface Guard {
  /** Relative to the directory; may lead upwards (`../../state`). */
  readonly attribute: string
  /** Compared without the trailing newline. */
  readonly equals: string
}
export type WriteOutcome =
  | { readonly outcome: 'written' }
  /** The directory or the attribute is no longer there (ENOENT, ENODEV). */
  | { readonly outcome: 'gone' }
  /** A guard differs: another object has taken the place. */
  | { readonly outcome: 'changed'; readonly attribute: string; readonly found: string | undefined }

export interface ScsiRequest {
  /** `/dev/sgN` */
  readonly device: string
  readonly cdb: Uint8Array
  /** Bytes to read at most. */
  readonly length: number
  readonly timeoutMs: number
}
export interface ScsiReply {
  /** SAM status byte: 0 GOOD, 2 CHECK CONDITION, … */
  readonly status: number
  /** The kernel's DID_… and driver bytes: 0 when the command reached the device. */
  readonly hostStatus: number
  readonly driverStatus: number
  readonly sense: Uint8Array
  readonly data: Uint8Array
}
export type ConnectOutcome = { readonly outcome: 'connected' } | { readonly outcome: 'failed'; readonly error: string }

export interface DaemonRequest {
  /** Abstract socket name without the leading NUL. */
  readonly socket: string
  readonly bytes: Uint8Array
  /** `eof`: until the daemon closes. `framed`: multipathd's 8-byte native length, then that many bytes. */
  readonly reply: 'eof' | 'framed'
}
/** A block device kept open with O_EXCL. */
export interface Hold {
  release(): Promise<void>
}
export interface Openers {
  readonly openers: readonly { readonly pid: number; readonly device: string }[]
  /** Processes that could not be looked into. */
  readonly unseen: number
}
export interface DeviceMapperRequest {
  /** `mpath-36001405…`: names may be changed by anybody, uuids may not. */
  readonly uuid: string
  /** `status`, `table` and `deps` (the devices it uses) are about the live table, and flush nothing; `message` is sent to the target at sector 0. */
  readonly command: 'status' | 'table' | 'deps' | { readonly message: string }
}
export interface NewMap {
  readonly name: string
  /** `mpath-36001405…` */
  readonly uuid: string
  /** Of 512 bytes. */
  readonly sectors: number
  readonly readOnly: boolean
  /** Of the multipath target (Documentation/admin-guide/device-mapper/dm-multipath; drivers/md/dm-mpath.c, multipath_ctr). */
  readonly parameters: string
}
export interface DeviceMapperStatus {
  readonly name: string
  readonly uuid: string
  /** `254:3` */
  readonly device: string
  readonly openCount: number
  readonly suspended: boolean
  readonly readOnly: boolean
  /** Lengths and starts in sectors of 512 bytes; only for `status` and `table`, else empty. */
  readonly targets: readonly { readonly start: number; readonly length: number; readonly type: string; readonly parameters: string }[]
  /** `8:16`, each device once, in no order to rely on; only for `deps`, else empty. */
  readonly dependencies: readonly string[]
}
export interface RecordChange {
  /** Directory of `lock` and `lock.write`. */
  readonly lockDirectory: string
  /** `undefined`: nothing is changed, and a lock that a killed process of ours left is broken. */
  readonly path: string | undefined
  readonly text: string | undefined
}

/** Locks between processes: flock on files of the run directory, freed by the kernel when the holder dies. */
export interface Locks {
  /** Takes the lock `name` (any text; it is hashed) below `directory`, or rejects with the signal's reason. First come, first served within a process; a process with a queue lets others have their turn. */
  take(directory: string, name: string, signal: AbortSignal): Promise<Lock>
}
export interface Lock {
  release(): Promise<void>
}

/** Clock of a host. */
export interface Clock {
  /** Milliseconds of CLOCK_MONOTONIC, which the host's daemons count too. */
  now(): number
  /** Milliseconds since 1970. For people and for journals, never for waiting. */
  wallMs(): number
  /** Resolves after `ms` milliseconds; with 0, after everything else had its turn. Rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** A log with two levels. A pino logger is one. */
export interface Log {
  /** Logs a detail for debugging. */
  debug(fields: Readonly<Record<string, unknown>>, message: string): void
  /** Logs a message for an operator. */
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}
