/** A request of `Kernel.readChanged`. */
export interface ChangedRequest {
  readonly directory: string
  /** `.json`: only files with this ending are read. */
  readonly suffix: string
  /** The `state` of an earlier answer about the same directory; `undefined` for all files. */
  readonly since: FolderState | undefined
}
export interface ChangedFiles {
  readonly state: FolderState
  /** New and changed files, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Names of files that existed at the earlier answer. */
  readonly gone: readonly string[]
  /** Names that exist but were not read: larger than 64 KiB, no regular files, or not permitted. Every answer lists them again. */
  readonly unread: readonly string[]
}
/** Opaque. Only the host that returned it can use it. */
export type FolderState = object
