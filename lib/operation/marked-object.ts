/** An object outside of Brickwork's own files that a transport has marked as made by Brickwork. Objects of other programs have no mark. */
export interface MarkedObject {
  /** In words: its kind and its path. */
  readonly what: string
  /** Keys of entries of journal and claims that name it. */
  readonly keys: readonly string[]
  /** The owner that the mark names; `undefined`: none. */
  readonly owner: string | undefined
}
