/** What to read below a directory of sysfs, as data: the layout of sysfs is written in `linux/`, the walk is done by the machine. */
export interface Plan {
  /** Host path of the directory to begin at. */
  readonly root: string
  readonly node: PlanNode
}
export interface PlanNode {
  /** Files to read (at most 64 KiB each). No patterns. May be relative paths (`queue/logical_block_size`). */
  readonly attributes?: readonly string[]
  /** Symbolic links whose text to read. No patterns. */
  readonly links?: readonly string[]
  /** Directories to enter, by patterns in which `*` stands for any characters of one name. A directory is read for the first pattern that it matches. */
  readonly children?: readonly PlanChild[]
}
export interface PlanChild {
  readonly pattern: string
  /** The entries to enter, where they are known: the directory is not listed for this child, and `pattern` only says what they are called together. */
  readonly names?: readonly string[]
  /** Enter symbolic links to directories too (the entries of `/sys/class` and `/sys/block`); default false. */
  readonly follow?: boolean
  /** Enter only those that say so themselves: of hundreds of entries, those of one owner are wanted. */
  readonly where?: PlanCondition
  readonly node: PlanNode
}
export interface PlanCondition {
  /** A file of the entry; one in which there is none is not entered, one in which it can't be read is. */
  readonly attribute: string
  /** What it may say, without its trailing newline. */
  readonly among: readonly string[]
}

/** One directory that was read. Nothing in it is decoded before it is asked for. */
export interface Tree {
  readonly name: string
  /** An attribute as text without its trailing newline; `undefined` when absent or unreadable (see {@link Tree.error}). */
  text(attribute: string): string | undefined
  bytes(attribute: string): Uint8Array | undefined
  /** errno name (`EACCES`, `EIO`) of an attribute that is there but could not be read; `undefined` when it was read or is absent. */
  error(attribute: string): string | undefined
  /** Text of a link. */
  link(name: string): string | undefined
  /** The directories that were entered, sorted by name; with `pattern`, those that were entered for that pattern of the plan. */
  children(pattern?: string): readonly Tree[]
  child(name: string): Tree | undefined
}
