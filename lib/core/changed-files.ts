/** What `Kernel.readChanged` is asked and answers. */
export interface ChangedRequest {
  readonly directory: string
  /** `.json`: what is called otherwise is left alone. */
  readonly suffix: string
  /** The `state` of an earlier answer about the same files; `undefined`: all are wanted. */
  readonly since: FolderState | undefined
}
export interface ChangedFiles {
  readonly state: FolderState
  /** New or changed, by their names. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** They were there at the earlier look. */
  readonly gone: readonly string[]
  /** They are there, and were not read: above 64 KiB, no files, or not allowed. Told again by each look. */
  readonly unread: readonly string[]
}
/** Only the host that gave it understands it. */
export type FolderState = object
