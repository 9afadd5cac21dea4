import type { PartialLimits, PartialPolicy } from '../api/policy.js'
import type { Host, Log } from '../core/host.js'

/** What `createAttacher()` gives to the attacher. */
export interface AttacherSettings {
  readonly host: Host
  readonly owner?: string | undefined
  readonly stateDir?: string | undefined
  readonly runDir?: string | undefined
  readonly policy?: PartialPolicy | undefined
  readonly limits?: PartialLimits | undefined
  readonly queryOnly?: boolean | undefined
  readonly log?: Log | undefined
  readonly healIntervalMs?: number | undefined
  /** Runs after the attacher has closed. */
  readonly onClosed?: () => Promise<void>
}
