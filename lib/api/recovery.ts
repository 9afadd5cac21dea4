/** Options and result of a recovery. */
import type { Call } from './call.js'

/** Options of {@link Attacher.recover}. */
export interface RecoverCall extends Call {
  /**
   * Reports what a recovery would do, and changes nothing.
   * @default false
   */
  readonly dryRun?: boolean | undefined
  /**
   * Turns orphaned volumes that this owner verifiably created into attachments, instead of removing them.
   * @default false
   */
  readonly adopt?: boolean | undefined
}
/** Result of {@link Attacher.recover}. */
export interface RecoveryReport {
  /** Whether the call had `dryRun`. */
  readonly dryRun: boolean
  /** One action for each attachment of this owner and for each possible orphan; none for objects of other programs. */
  readonly actions: readonly RecoveryAction[]
}
/** One thing that a recovery did, or did not do. */
export interface RecoveryAction {
  /** Id of the attachment; `null` for objects that belong to none. */
  readonly id: string | null
  /** The object, in words: an attachment, a device, a map, a file. */
  readonly what: string
  /** What was done; with `dryRun`, what would be done. */
  readonly action: RecoveryVerb
  /** Why. */
  readonly reason: string
}
/**
 * - `kept`: attached and healthy, or another process works on it; lost files about it are written again
 * - `undone`: an interrupted attach was rolled back
 * - `resolved`: an interrupted attach was rolled back after its pending login had ended
 * - `completed`: an interrupted detach was finished
 * - `forgotten`: it belongs to an earlier boot; objects that outlive a boot were removed
 * - `removed`: an unused orphan that this owner verifiably created was removed
 * - `adopted`: such an orphan is an attachment now
 * - `foreign`: it looks like an orphan of this owner but could not be verified, or it belongs to another owner; not touched
 * - `left`: something remains to be done; the reason says what is needed
 */
export type RecoveryVerb = 'kept' | 'completed' | 'undone' | 'resolved' | 'forgotten' | 'removed' | 'adopted' | 'foreign' | 'left'
