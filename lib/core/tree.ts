/** A part of sysfs to read, as data. `linux/` describes the layout of sysfs; the host walks it. */
export interface Plan {
  /** Host path of the root directory. */
  readonly root: string
  readonly node: PlanNode
}
export interface PlanNode {
  /** Files to read, at most 64 KiB each: names or relative paths (`queue/logical_block_size`), no patterns. */
  readonly attributes?: readonly string[]
  /** Symbolic links whose target text to read. No patterns. `.`: the link through which this directory was entered, if it was one. */
  readonly links?: readonly string[]
  /** Directories to enter. In a pattern `*` stands for any characters of one name. The first matching pattern of a directory applies. */
  readonly children?: readonly PlanChild[]
}
export interface PlanChild {
  readonly pattern: string
  /** Names of the entries, if they are known. The directory is then not listed, and `pattern` only names the group. */
  readonly names?: readonly string[]
  /** Whether to enter symbolic links to directories (the entries of `/sys/class` and `/sys/block`). Default: false. */
  readonly follow?: boolean
  /** Enters only entries that meet this condition. */
  readonly where?: PlanCondition
  readonly node: PlanNode
}
export interface PlanCondition {
  /** A file of the entry. An entry without it is skipped; an entry whose file is unreadable is entered. */
  readonly attribute: string
  /** The accepted contents, without trailing newline. */
  readonly among: readonly string[]
}

/** One directory that was read. Attributes are decoded on demand. */
export interface Tree {
  readonly name: string
  /** An attribute as text, without trailing newline; `undefined` if it is absent or unreadable (see {@link Tree.error}). */
  text(attribute: string): string | undefined
  bytes(attribute: string): Uint8Array | undefined
  /** The errno name (`EACCES`, `EIO`) of an attribute that could not be read; `undefined` if it was read or is absent. */
  error(attribute: string): string | undefined
  /** The target text of a link. */
  link(name: string): string | undefined
  /** The entered directories, sorted by name. With `pattern`, those entered for that pattern of the plan. */
  children(pattern?: string): readonly Tree[]
  child(name: string): Tree | undefined
}
