import type { EncodedGuard, EncodedPlan, PackedPlan } from './encoded.js'
import type { NativeJobReport, NativeStep } from './native-steps.js'

/**
 * The addon as TypeScript sees it. C++ moves bytes and reports which system call failed. The callers interpret the result.
 *
 * Every promise rejects with a plain `Error` that has `errno` (negative, like Node.js's own), `syscall` and `path`. Wrong arguments throw a
 * `TypeError` at once. All paths are real paths of this process.
 *
 * One thread waits for all sockets, and one for all sg nodes. The other calls run on the addon's own threads, in lanes with a limit each
 * ({@link NativeStats}).
 */
export interface Addon {
  readonly buildInfo: { readonly version: string; readonly napiVersion: number; readonly compiler: string }

  /**
   * Reads the tree at `root` as the plan says. `tree-decoder.ts` decodes the answer. Runs on one of the addon's own threads. An attribute
   * above 64 KiB has the error EFBIG. A directory that exists but can't be opened (EACCES, EMFILE) rejects.
   */
  readTree(root: string, plan: EncodedPlan | PackedPlan): Promise<Uint8Array>

  /**
   * Reads the files of a directory whose names end with `suffix`, if they have changed since the call that returned `state` (empty: all
   * files). A missing directory has no files. `changes-decoder.ts` decodes the answer; native/core/changed_files.h describes its encoding.
   * A state that no call returned rejects with EINVAL. Runs on one of the addon's own threads.
   */
  readChanged(directory: string, suffix: string, state: Uint8Array): Promise<Uint8Array>

  /**
   * Reads whole files, at most 64 MiB each, in the lane `read` if all are `inMemory` (sysfs, procfs), else in `file`. `files-decoder.ts`
   * decodes the answer. A file that is not there is absent; the first that can't be read rejects.
   */
  readFiles(paths: readonly string[], inMemory: boolean): Promise<Uint8Array>

  /**
   * Carries out a list of steps in order, each on a thread for its kind of work. A list that waits for a daemon or a uevent occupies none.
   * Ends at the first step that fails, and where an answer ends the list. Uevents come from the listeners of {@link Addon.listen}.
   */
  runJob(steps: readonly NativeStep[]): Promise<NativeJobReport>

  /**
   * `key` names what the write waits for (a SCSI host). Writes with the same key run one after another, others in parallel. A missing guard
   * gives `gone`, so `found` is always known when the outcome is `changed`.
   */
  guardedWrite(
    key: string,
    directory: string,
    guards: readonly EncodedGuard[],
    attribute: string,
    value: Uint8Array,
  ): Promise<NativeWriteOutcome>

  /**
   * Writes `temporary`, which must not exist, with exactly this mode, and renames it to `path`. With `durable`, its content is on disk
   * before. Leaves nothing on failure. Calls for one path run one after another.
   */
  replaceFile(path: string, temporary: string, data: Uint8Array, mode: number, durable?: boolean): Promise<void>
  /** Makes the names in a directory durable. Resolves false if there is no such directory. */
  syncDirectory(path: string): Promise<boolean>
  /**
   * Asynchronous sg v3: write the header, poll, read. The kernel gets the command's own timeout. After `timeoutMs` + 500 ms the poll
   * rejects with ETIMEDOUT.
   */
  sgCommand(node: string, cdb: Uint8Array, length: number, timeoutMs: number): Promise<NativeScsiReply>

  /**
   * Non-blocking connect and close, in the network namespace `netns` (a path) if given. Resolves with 0 or a positive errno (ETIMEDOUT
   * after `timeoutMs`). `address` is numeric, without brackets; a host name throws a `TypeError`.
   */
  tcpConnect(address: string, port: number, timeoutMs: number, netns: string | undefined): Promise<number>

  /**
   * Connects as {@link Addon.tcpConnect}, sends `bytes`, and resolves with the first `length` bytes of the answer (1 to 64 KiB), or with a
   * positive errno: EPIPE when the peer closes before, ETIMEDOUT after `timeoutMs`. Closes the connection.
   */
  greet(
    address: string,
    port: number,
    bytes: Uint8Array,
    length: number,
    timeoutMs: number,
    netns: string | undefined,
  ): Promise<NativeGreeting>

  /**
   * Exchanges one request and reply over an abstract stream socket:
   * - Connects and checks SO_PEERCRED before the first byte. A peer with another uid than 0 rejects with EPERM (syscall `peercred`).
   * - Writes all of `bytes` unchanged. For `framed`, the caller has put the length before them. For `eof`, calls shutdown(SHUT_WR).
   * - Reads the reply. A `framed` reply is returned without its 8-byte length.
   *
   * Rejects with ETIMEDOUT, with EMSGSIZE above 32 MiB, and with ECONNRESET when a frame ends early.
   */
  exchange(socket: string, bytes: Uint8Array, reply: 'eof' | 'framed', timeoutMs: number, netns: string | undefined): Promise<Uint8Array>

  /** Opens a lock file (O_CREAT, O_CLOEXEC, 0600, no follow). `lockTry` and `lockClose` accept only descriptors from here. Synchronous. */
  lockOpen(path: string): number
  /**
   * flock(LOCK_EX | LOCK_NB). Returns false when another descriptor holds the lock. Else writes `note` to the file; that it could not be
   * written is no error. Once for each descriptor. Synchronous.
   */
  lockTry(fd: number, note?: Uint8Array): boolean
  /** Closing releases the lock. Synchronous. */
  lockClose(fd: number): void

  /**
   * Whether nobody reads what is written to a descriptor: every reader of the pipe, or the peer of the socket, has closed it. Also while
   * nothing is written. Synchronous, and never waits.
   */
  readerGone(fd: number): boolean

  /**
   * Receives uevents of the netlink groups (1 kernel, 2 udev, 3 both) in batches, on its own thread. Each message is a Buffer: one byte (1
   * kernel, 2 udev), then NUL-separated text `KEY=VALUE`. An empty Buffer reports an overrun (ENOBUFS) or a failed receive. Resolves with a
   * handle when the socket is bound. Does not keep the process alive.
   */
  listen(groups: number, netns: string | undefined, onBatch: (batch: Buffer[]) => void): Promise<number>
  unlisten(handle: number): void

  /**
   * Changes a node record while it holds open-iscsi's database lock:
   * - Takes the lock by linking `lock.brickwork` to `lock.write`, and retries every 10 ms until `timeoutMs`. Removes a link that a killed
   *   Brickwork process left. Resolves false when the lock could not be taken.
   * - With `data`, replaces `path` by a file of mode 0600 and creates missing parents with mode 0700. The temporary file is beside `nodes`,
   *   where open-iscsi does not search for records; then fsync and rename.
   * - Without `data`, removes the file and its empty parents, but never `nodes`.
   * - Releases the lock in every case.
   *
   * `path` is `…/nodes/<target>/<portal>` or `…/nodes/<target>/<portal>/<iface>`; other paths reject with EINVAL. `undefined` only takes
   * and releases the lock.
   */
  changeRecord(lockDirectory: string, path: string | undefined, data: Uint8Array | undefined, timeoutMs: number): Promise<boolean>

  /**
   * Searches `<proc>/<pid>/fd` of every process for descriptors of devices with these numbers: block devices `8:16`, character devices in
   * `characters`, reported as `c21:3`. There is one entry for each descriptor. Follows only links that begin with `/`, by a statx that does
   * not query a file server. `unseen` counts the processes whose directory gave EACCES or EPERM.
   */
  openers(
    proc: string,
    devices: readonly string[],
    characters?: readonly string[],
  ): Promise<{ readonly openers: readonly { readonly pid: number; readonly device: string }[]; readonly unseen: number }>

  /**
   * One ioctl on /dev/mapper/control (include/uapi/linux/dm-ioctl.h); the kernel finds the device by its uuid:
   * - `status`: DM_TABLE_STATUS with DM_NOFLUSH_FLAG
   * - `table`: the same with DM_STATUS_TABLE_FLAG too
   * - `deps`: DM_TABLE_DEPS
   * - `message`: DM_TARGET_MSG at sector 0
   *
   * The buffer grows until the answer fits (DM_BUFFER_FULL_FLAG); above 1 MiB the call rejects with EMSGSIZE. Resolves `undefined` for
   * ENXIO (no such device). Rejects with EINVAL for a uuid that no device can have, and with EPROTO for an inconsistent answer. Calls with
   * the same uuid run one after another.
   */
  deviceMapper(control: string, command: NativeMapCommand, uuid: string, message: string): Promise<NativeMap | undefined>

  /**
   * Abandons a call above whose promise nobody waits for: it rejects with ECANCELED; {@link Addon.runJob} resolves. Closes its socket and frees its place in its lane. A
   * call that has not begun never begins. Work that the kernel has begun continues without a place (up to 64 calls of each lane; further
   * ones keep theirs). Does nothing when the promise is settled.
   */
  abandon(call: Promise<unknown>): void

  /** Calls that are running now, for diagnosis and for tests of the limits. */
  stats(): NativeStats
}

export interface NativeStats {
  readonly threads: number
  /** Sum of all lanes. */
  readonly busy: number
  readonly queued: number
  readonly lanes: Readonly<Record<NativeLane, NativeLaneStats>>
}
/**
 * What a call is for:
 * - `read`: sysfs
 * - `file`: files of Brickwork and of open-iscsi
 * - `search`: all of /proc
 * - `write`: sysfs, one at a time for each SCSI device or host
 * - `mapper`: device-mapper, one at a time for each map
 * - `socket`: portals and daemons
 * - `device`: sg nodes
 */
export type NativeLane = 'read' | 'file' | 'search' | 'write' | 'mapper' | 'socket' | 'device'
export interface NativeLaneStats {
  readonly limit: number
  /** Calls that have a place. */
  readonly busy: number
  /** Abandoned calls that are still in the kernel and no longer have a place. */
  readonly parked: number
  /** Calls that have not begun. */
  readonly queued: number
  /** Number of calls since the start that found no place in their lane. Calls that waited only for their key do not count. */
  readonly waited: number
}

export type NativeWriteOutcome =
  | { readonly outcome: 'written' | 'gone' }
  | { readonly outcome: 'changed'; readonly attribute: string; readonly found: Uint8Array | undefined }
export type NativeMapCommand = 'status' | 'table' | 'deps' | 'message'
export interface NativeMap {
  readonly name: string
  readonly uuid: string
  readonly device: string
  readonly openCount: number
  readonly suspended: boolean
  readonly readOnly: boolean
  readonly targets: readonly { readonly start: number; readonly length: number; readonly type: string; readonly parameters: string }[]
  readonly dependencies: readonly string[]
}
export interface NativeGreeting {
  readonly errno: number
  readonly bytes: Uint8Array
}
export interface NativeScsiReply {
  readonly status: number
  readonly hostStatus: number
  readonly driverStatus: number
  readonly sense: Uint8Array
  readonly data: Uint8Array
}
