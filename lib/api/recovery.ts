/** What a recovery is asked and answers. */
import type { Call } from './call.js'

export interface RecoverCall extends Call {
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean
  /** Makes attachments of volumes that are ours by proof and that neither a claim nor the journal speaks of, instead of taking them away. */
  readonly adopt?: boolean
}
export interface RecoveryReport {
  readonly dryRun: boolean
  /** A line for each attachment of this owner and for each thing that looks left over; none for what is nobody's business of ours. */
  readonly actions: readonly RecoveryAction[]
}
export interface RecoveryAction {
  /** The attachment; `null` for things that belong to none. */
  readonly id: string | null
  /** What it is about, in words: a device, a session, a file. */
  readonly what: string
  /** What was done; with `dryRun`, what would be. */
  readonly action: RecoveryVerb
  readonly reason: string
}
/**
 * `kept`: attached and healthy, or another process is at work on it; files about it that were lost are written again.
 * `undone`: an interrupted attach was taken back. `resolved`: so too, once a login that was on its way had ended.
 * `completed`: an interrupted detach was finished. `forgotten`: of an earlier boot; only what outlives a boot was removed.
 * `removed`: ours by proof, spoken of by nobody, used by nobody; taken away. `adopted`: ours by proof; an attachment now.
 * `foreign`: looks like ours, and is not or can't be proven to be; not touched.
 * `left`: something is to be done that could not be done; the reason says what it needs.
 */
export type RecoveryVerb = 'kept' | 'completed' | 'undone' | 'resolved' | 'forgotten' | 'removed' | 'adopted' | 'foreign' | 'left'
