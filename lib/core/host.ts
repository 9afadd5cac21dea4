/**
 * The ports of the host: types of everything that Brickwork asks of a Linux host.
 *
 * All paths are **host paths**: absolute, as the host's own daemons see them (`/sys/class/…`). Only the implementations know where the
 * host's files really are: below another directory (an agent in a container) or in memory (`FakeHost`).
 *
 * Absence is a value (`undefined`, `[]`). EIO, EACCES and ENODEV are errors (`ERR_KERNEL`, `ERR_PERMISSION`).
 */
import type { Kernel } from './kernel.js'
import type { LockUser } from './lock-note.js'
import type { Events } from './uevents.js'

export type * from './access-change.js'
export type * from './changed-files.js'
export type * from './fabrics-calls.js'
export type * from './job.js'
export type * from './kernel.js'
export type * from './kernel-calls.js'
export type * from './uevents.js'

/**
 * A Linux host. Get one from {@link createHost}, or a `FakeHost` from `brickwork-storage/testing`. Its ports are for Brickwork itself and
 * may change with each version.
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
  /** Architecture of the kernel as in `uname -m`: `x86_64`, `aarch64`. */
  readonly architecture: string
  /** Log of the host. */
  readonly log: Log
  /** Gives this process a nice value. @throws `ERR_PERMISSION` @internal */
  readonly prioritize?: (nice: number) => void
  /** How this process sees the host. @internal */
  readonly view?: HostView
}
/** How this process sees a host that may be outside of its own namespaces. */
export interface HostView {
  /** Directory of the host's root file system as a path of this process; empty when that is `/`. */
  readonly root: string
  /** Process of the host whose namespaces programs enter; `undefined`: they run in those of this process. */
  readonly namespaces: number | undefined
}

/** Small files: attributes of sysfs and procfs, and state files. Not for device nodes. */
export interface Files {
  /** The text of the file without its trailing newline; `undefined` if there is no such file. */
  read(path: string): Promise<string | undefined>
  readBytes(path: string): Promise<Uint8Array | undefined>
  /** The texts of several small files, as of {@link Files.read}, in the order of the paths. Rejects if one of them can't be read. */
  readFiles(paths: readonly string[]): Promise<readonly (string | undefined)[]>
  /** The names in the directory, sorted; empty if there is no such directory. */
  list(path: string): Promise<string[]>
  /** The host path with every link resolved; `undefined` if there is no such file. */
  resolve(path: string): Promise<string | undefined>
  /** The target text of the link, unresolved; `undefined` if there is no such link. */
  readLink(path: string): Promise<string | undefined>
  /** Type, permission bits, owner and device number; `undefined` if nothing is there. Does not follow a link at the end of the path. */
  stat(path: string): Promise<FileStat | undefined>
  /**
   * Creates the directory and its parents. Leaves existing directories unchanged.
   * @throws `ERR_KERNEL` with `ENOTDIR` when a file is in the way. `ERR_PERMISSION` or `EROFS` also when the directory exists, but this
   * process may not write there.
   */
  makeDirectory(path: string, mode: number): Promise<void>
  /**
   * Durably replaces or removes (`text: undefined`) files, each as a whole: temporary file, fsync, rename, and one fsync of each directory.
   * Counts as one durable write.
   */
  commit(changes: readonly FileChange[]): Promise<void>
  /** Replaces one file as a whole, without waiting for the disk. For files of the run directory. */
  replace(path: string, text: string, mode: number): Promise<void>
  /** Appends text to a file, without waiting for the disk. Creates the file with `mode` if it is missing. */
  append(path: string, text: string, mode: number): Promise<void>
  /** Removes a file or link. @returns `false` if there was none. */
  remove(path: string): Promise<boolean>
  /** Creates or replaces a symbolic link, by rename. */
  link(path: string, target: string): Promise<void>
}
export interface FileStat {
  readonly type: 'file' | 'directory' | 'link' | 'block' | 'other'
  readonly mode: number
  readonly uid: number
  /** `major:minor` of a device node; `undefined` for other files. */
  readonly device: string | undefined
  readonly modifiedMs: number
  /** When the inode was last changed (inode(7), st_ctime): also by a new hard link, which leaves `modifiedMs` as it was. */
  readonly changedMs: number
  /** Number of the inode, in decimal digits. In sysfs, a new object of an old name has another one. */
  readonly inode: string
}
export interface FileChange {
  readonly path: string
  readonly text: string | undefined
  readonly mode: number
}

/** Programs of the host. They run without a shell and with `LC_ALL=C`. Both outputs are collected up to a limit. */
export interface Commands {
  /**
   * Runs a program of the host. An exit code is an answer and no error: the caller decides.
   * @throws `ERR_TOOL_MISSING` if there is no such program. The signal's reason as soon as the signal aborts, even if the child is stuck.
   */
  run(argv: readonly [string, ...string[]], options: CommandOptions): Promise<CommandResult>
}
export interface CommandOptions {
  readonly signal: AbortSignal
  readonly input?: string
  /** When `signal` aborts: `kill` sends TERM, then KILL. `leave` lets the child end by itself, since it may hold a lock. */
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

/** Locks between processes: flock on files of the run directory. The kernel releases them when the holder dies. */
export interface Locks {
  /**
   * Takes the lock `name` (any text; it is hashed) below `directory`, or rejects with the signal's reason. Within a process waiters are
   * served in order of arrival. A process with several waiters lets other processes have their turn. The lock file then says who has the
   * lock: `user`, this process, and since when.
   */
  take(directory: string, name: string, signal: AbortSignal, user?: LockUser): Promise<Lock>
  /** What is known about the holder of a lock. It may have changed when this resolves. */
  seen(directory: string, name: string): Promise<LockSeen>
  /** Every lock below `directory` that a process has. Needs no native part. */
  holders(directory: string): Promise<readonly LockHeld[]>
}
export interface LockSeen {
  /** The text of the lock file (lock-note.ts). It stays when the lock is free. `undefined`: there is no such file. */
  readonly note: string | undefined
  /** Process that has the lock according to the kernel; `undefined` if it names none. */
  readonly pid: number | undefined
}
export interface LockHeld extends LockSeen {
  /** Host path of the lock file. */
  readonly file: string
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
  /** The process does not end by itself before this is disposed. Virtual time keeps no process alive. */
  keepAlive(): Disposable
}

/** A log with two levels. A pino logger is one. */
export interface Log {
  /** Logs a detail for debugging. */
  debug(fields: Readonly<Record<string, unknown>>, message: string): void
  /** Logs a message for an operator. */
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}
