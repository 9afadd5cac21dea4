/** What a recovery is asked and answers. */
import type { Call } from './call.js'

export interface RecoverCall extends Call {
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean
  /** Makes attachments of orphaned volumes that this owner provably created, instead of removing them. */
  readonly adopt?: boolean
}
export interface RecoveryReport {
  readonly dryRun: boolean
  /** One action for each attachment of this owner and for each possible orphan; none for objects of other programs. */
  readonly actions: readonly RecoveryAction[]
}
export interface RecoveryAction {
  /** The attachment; `null` for things that belong to none. */
  readonly id: string | null
  /** What it is about, in words: a device, a map, a file. */
  readonly what: string
  /** What was done; with `dryRun`, what would be. */
  readonly action: RecoveryVerb
  readonly reason: string
}
/**
 * `kept`: attached and healthy, or another process works on it; lost files about it are written again.
 * `undone`: an interrupted attach was rolled back. `resolved`: the same, after a pending login had ended.
 * `completed`: an interrupted detach was finished. `forgotten`: of an earlier boot; only what outlives a boot was removed.
 * `removed`: an orphan that this owner provably created and that is not in use. `adopted`: such an orphan, an attachment now.
 * `foreign`: looks like an orphan of this owner, without proof, or belongs to another owner; not touched.
 * `left`: something remains to be done; the reason says what it needs.
 */
export type RecoveryVerb = 'kept' | 'completed' | 'undone' | 'resolved' | 'forgotten' | 'removed' | 'adopted' | 'foreign' | 'left'
