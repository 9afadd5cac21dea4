import type { PlanCondition } from '../core/tree.js'

/**
 * The addon as TypeScript sees it. C++ moves bytes and says which system call failed; meaning is given by the callers.
 *
 * Every promise rejects with a plain `Error` that carries `errno` (negative, as Node.js's own), `syscall` and `path`. Wrong arguments throw
 * a `TypeError` at once. All paths are real paths of this process.
 *
 * Sockets and sg nodes are waited for by one thread each, however many calls there are. The others run on the addon's own threads, in lanes
 * with a bound each ({@link NativeStats}).
 */
export interface Addon {
  readonly buildInfo: { readonly version: string; readonly napiVersion: number; readonly compiler: string }

  /**
   * Walks `root` as the plan says; the answer is decoded by `tree-decoder.ts`. Runs on one of the addon's own threads. An attribute above
   * 64 KiB is told as EFBIG; a directory that is there but can't be opened (EACCES, EMFILE) rejects.
   */
  readTree(root: string, plan: EncodedPlan): Promise<Uint8Array>

  /**
   * Files of a directory whose names end with `suffix`, as far as they have changed since the call that answered with `state` (empty: all); a
   * directory that is not there has none. The answer is decoded by `changes-decoder.ts` (native/core/changed_files.h says how it is encoded).
   * A state that no call gave rejects with EINVAL. Runs on one of the addon's own threads.
   */
  readChanged(directory: string, suffix: string, state: Uint8Array): Promise<Uint8Array>

  /**
   * `key` names what the write waits for (a SCSI host): writes with one key run one after another, writes with different keys side by side.
   * A guard that is not there is `gone`, so `found` is always known when it is `changed`.
   */
  guardedWrite(
    key: string,
    directory: string,
    guards: readonly EncodedGuard[],
    attribute: string,
    value: Uint8Array,
  ): Promise<NativeWriteOutcome>

  /**
   * Writes `temporary`, which must not be there yet, with exactly this mode whatever the umask, and renames it to `path`: one job of a thread
   * of ours, where Node.js's own functions need five. Not durable. On failure nothing stays. Calls for one path run one after another.
   */
  replaceFile(path: string, temporary: string, data: Uint8Array, mode: number): Promise<void>

  /** Asynchronous sg v3: write the header, poll, read. The command's own time-out goes to the kernel; the poll waits `timeoutMs` + 500 ms at most, then ETIMEDOUT. */
  sgCommand(node: string, cdb: Uint8Array, length: number, timeoutMs: number): Promise<NativeScsiReply>

  /**
   * Non-blocking connect and close; resolves 0 or a positive errno (ETIMEDOUT after `timeoutMs`). With `netns` (a path), in that network
   * namespace. `address` is numeric, without brackets; a host name is a `TypeError`.
   */
  tcpConnect(address: string, port: number, timeoutMs: number, netns: string | undefined): Promise<number>

  /**
   * Abstract stream socket: connect, SO_PEERCRED uid 0 or EPERM (syscall `peercred`) before the first byte, write all, shutdown(SHUT_WR) for
   * `eof`, read the reply. `bytes` go out as they are, also for `framed` (the caller puts the length before them); a `framed` reply comes
   * without its 8-byte length. Rejects with ETIMEDOUT, with EMSGSIZE above 32 MiB, with ECONNRESET when a frame ends early.
   */
  exchange(socket: string, bytes: Uint8Array, reply: 'eof' | 'framed', timeoutMs: number, netns: string | undefined): Promise<Uint8Array>

  /** Opens (O_CREAT, O_CLOEXEC, 0600, no follow) and returns a descriptor, which the other two take only from here; synchronous. */
  lockOpen(path: string): number
  /** flock(LOCK_EX | LOCK_NB); false when another holds it. Synchronous. */
  lockTry(fd: number): boolean
  /** Closing releases the lock. Synchronous. */
  lockClose(fd: number): void

  /**
   * Receives uevents of the netlink groups (1 kernel, 2 udev, 3 both) on a thread of its own, in batches: each message is a Buffer of
   * `KEY=VALUE` NUL-separated text, preceded by one byte: 1 kernel, 2 udev. An overrun (ENOBUFS) or a failed receive is delivered as an
   * empty Buffer. Resolves with a handle when the socket is bound. Does not keep the process alive.
   */
  listen(groups: number, netns: string | undefined, onBatch: (batch: Buffer[]) => void): Promise<number>
  unlisten(handle: number): void

  /**
   * Takes open-iscsi's database lock (link `lock.brickwork` to `lock.write`, again every 10 ms until `timeoutMs`; a link that a killed process
   * of ours left is broken), replaces `path` by a file of mode
   * 0600 (parents 0700 made as needed; temporary file where nobody looks for records: beside `nodes`; fsync; rename) or removes it with
   * parents that became empty (`data` undefined; never `nodes`), and drops the lock, whatever happens. Resolves false when the lock was not
   * had. `path` is `…/nodes/<target>/<portal>` or `…/nodes/<target>/<portal>/<iface>`, else EINVAL;
   * `undefined` takes the lock and drops it.
   */
  changeRecord(lockDirectory: string, path: string | undefined, data: Uint8Array | undefined, timeoutMs: number): Promise<boolean>

  /**
   * Walks `<proc>/<pid>/fd` of every process: descriptors whose target is a block or a character device (statx, following the link, only for links that
   * begin with `/`, without asking a file server) with one of the device numbers (`8:16`, character devices apart; told as `c21:3`). One entry for each descriptor. `unseen` counts processes that answered EACCES or EPERM.
   */
  openers(
    proc: string,
    devices: readonly string[],
    characters?: readonly string[],
  ): Promise<{ readonly openers: readonly { readonly pid: number; readonly device: string }[]; readonly unseen: number }>

  /**
   * One ioctl on /dev/mapper/control (include/uapi/linux/dm-ioctl.h), the device looked up by uuid: DM_TABLE_STATUS with DM_NOFLUSH_FLAG
   * (`status`), with DM_STATUS_TABLE_FLAG too (`table`), DM_TABLE_DEPS (`deps`), or DM_TARGET_MSG at sector 0 (`message`). The buffer grows
   * until the answer fits (DM_BUFFER_FULL_FLAG), up to 1 MiB, then EMSGSIZE. Resolves `undefined` for ENXIO (no such device); rejects with EINVAL for a uuid that
   * no device can have, with EPROTO for an answer that contradicts itself. Calls with one uuid run one after another.
   */
  deviceMapper(control: string, command: NativeMapCommand, uuid: string, message: string): Promise<NativeMap | undefined>

  /**
   * Nobody waits for this promise of the functions above any more: it rejects with ECANCELED. Its socket is closed; its place in its lane is free,
   * and a call that has not begun never begins. What the kernel has begun goes on, without a place (64 of each lane; further ones keep theirs).
   * Nothing happens when it is settled.
   */
  abandon(call: Promise<unknown>): void

  /** What runs now, for tests of the bounds and diagnoses. */
  stats(): NativeStats
}

export interface NativeStats {
  readonly threads: number
  /** Of all lanes. */
  readonly busy: number
  readonly queued: number
  readonly lanes: Readonly<Record<NativeLane, NativeLaneStats>>
}
/**
 * What calls are for: `read` sysfs; `file` files of ours and of open-iscsi; `search` all of /proc; `write` sysfs, one at a time for each SCSI device or host;
 * `mapper` device-mapper, one at a time for each map; `socket` portals and daemons; `device` sg nodes.
 */
export type NativeLane = 'read' | 'file' | 'search' | 'write' | 'mapper' | 'socket' | 'device'
export interface NativeLaneStats {
  readonly limit: number
  /** Calls that have a place. */
  readonly busy: number
  /** Abandoned calls that the kernel keeps, without a place. */
  readonly parked: number
  /** Calls that have not begun. */
  readonly queued: number
  /** Of all calls that ever came: those that found no place in their lane. One that waits only for its own key is none of them. */
  readonly waited: number
}

export interface EncodedPlan {
  readonly attributes: readonly string[]
  readonly links: readonly string[]
  readonly children: readonly {
    readonly pattern: string
    readonly names?: readonly string[]
    readonly follow: boolean
    readonly where?: PlanCondition
    readonly node: EncodedPlan
  }[]
}
export interface EncodedGuard {
  readonly attribute: string
  readonly equals: Uint8Array
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
export interface NativeScsiReply {
  readonly status: number
  readonly hostStatus: number
  readonly driverStatus: number
  readonly sense: Uint8Array
  readonly data: Uint8Array
}

/**
 * The helper: one small program of the same core that does the calls that may wait for ever, one at a time, and dies when its standard
 * input ends (SIGINT, SIGTERM and SIGHUP it ignores: SIGKILL ends it). Frames both ways, little endian: u32 length of the rest (requests:
 * at most 1 MiB), u32 request id, u8 operation or status (0 done, 1 failed), then fields, each u32 length and bytes; a number is a field of
 * its width. A failure has the fields errno (u32), syscall, path.
 *
 * | operation | fields | answer |
 * | --- | --- | --- |
 * | 1 guardedWrite | directory, attribute, value, then pairs of guard attribute and value | u8 0 written, 1 gone, 2 changed + attribute + u8 known + found |
 * | 2 hold | node | u8 0 held, 1 busy, 2 gone; the descriptor stays open until `release`; EALREADY while one is held |
 * | 3 release | – | – (closes what is held) |
 * | 4 flush | node | – (fsync, then ioctl BLKFLSBUF) |
 * | 5 readDirect | node, u64 offset, u32 length (1 to 16 MiB; both multiples of the block size) | bytes, fewer at the end of the device |
 * | 6 removeMap | control node, uuid | u8 0 removed, 1 busy (EBUSY), 2 gone (ENXIO): DM_DEV_REMOVE by uuid |
 * | 7 createMap | control node, name, uuid, u64 sectors, u8 1 read-only, parameters of the multipath target | u8 0 created, 1 busy (EBUSY; ENXIO and ENODEV of a path): DM_DEV_CREATE, DM_TABLE_LOAD, then a resume; DM_DEV_REMOVE where one of the later two fails |
 * | 8 setReadOnly | node, u8 1 read-only, u64 diskseq (0: any) | u8 0 changed, 1 was so before, 2 gone (no node, or another disk): BLKGETDISKSEQ, BLKROGET, BLKROSET |
 */
export const helperOperations = {
  guardedWrite: 1,
  hold: 2,
  release: 3,
  flush: 4,
  readDirect: 5,
  removeMap: 6,
  createMap: 7,
  setReadOnly: 8,
} as const
