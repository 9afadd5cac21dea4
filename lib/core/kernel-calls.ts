/** What the calls of the kernel port take and return. */
export interface GuardedWrite {
  /** Host path of a sysfs directory. */
  readonly directory: string
  readonly guards: readonly Guard[]
  /** Name or relative path of the attribute. */
  readonly attribute: string
  readonly value: string
  /** `bounded`: the write ends by itself (a scan). `unbounded`: the write may wait for ever (delete), so a helper process does it. */
  readonly waits: 'bounded' | 'unbounded'
}
export interface Guard {
  /** Path relative to the directory. It may lead upwards (`../../state`). */
  readonly attribute: string
  /** The expected value, without the trailing newline. */
  readonly equals: string
  /** Whether the value only begins with the expected one. Default: it is equal. */
  readonly prefix?: boolean
}
export type WriteOutcome =
  | { readonly outcome: 'written' }
  /** The directory or the attribute is gone (ENOENT, ENODEV). */
  | { readonly outcome: 'gone' }
  /** A guard differs: another object has this name now. */
  | { readonly outcome: 'changed'; readonly attribute: string; readonly found: string | undefined }

export interface ScsiRequest {
  /** `/dev/sgN` */
  readonly device: string
  readonly cdb: Uint8Array
  /** Maximum number of bytes to read. */
  readonly length: number
  readonly timeoutMs: number
}
export interface ScsiReply {
  /** SAM status byte: 0 GOOD, 2 CHECK CONDITION, … */
  readonly status: number
  /** The kernel's host byte (DID_…); 0 if the command reached the device. `driverStatus` is its driver byte. */
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
  /** `eof`: the reply ends when the daemon closes. `framed`: multipathd's native 8-byte length, then that many bytes. */
  readonly reply: 'eof' | 'framed'
}
/** A block device kept open with O_EXCL. */
export interface Hold {
  release(): Promise<void>
}
export interface Openers {
  readonly openers: readonly { readonly pid: number; readonly device: string }[]
  /** Number of processes whose open files could not be read. */
  readonly unseen: number
}
export interface DeviceMapperRequest {
  /** `mpath-36001405…`. Any program may rename a map; its uuid cannot be changed. */
  readonly uuid: string
  /** `status`, `table` and `deps` (the devices it uses) read the live table without a flush. `message` goes to the target at sector 0. */
  readonly command: 'status' | 'table' | 'deps' | { readonly message: string }
}
export interface NewMap {
  readonly name: string
  /** `mpath-36001405…` */
  readonly uuid: string
  /** Size in sectors of 512 bytes. */
  readonly sectors: number
  readonly readOnly: boolean
  /** Parameters of the multipath target (Documentation/admin-guide/device-mapper/dm-multipath; drivers/md/dm-mpath.c, multipath_ctr). */
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
  /** Targets, with start and length in sectors of 512 bytes. Only for `status` and `table`, else empty. */
  readonly targets: readonly { readonly start: number; readonly length: number; readonly type: string; readonly parameters: string }[]
  /** `8:16`: each device once, in any order. Only for `deps`, else empty. */
  readonly dependencies: readonly string[]
}
export interface RecordChange {
  /** Directory of the files `lock` and `lock.write`. */
  readonly lockDirectory: string
  /** The file; `undefined` changes no file and only breaks a lock that a killed process of Brickwork left. */
  readonly path: string | undefined
  readonly text: string | undefined
}
