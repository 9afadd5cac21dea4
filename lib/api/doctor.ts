/** Options and result of the doctor, which checks whether this host is ready for attaches. */
import type { ErrorCode } from '../core/errors.js'
import type { Call } from './call.js'
import type { Connection } from './connection.js'

/** Options of {@link Attacher.doctor}. */
export interface DoctorCall extends Omit<Call, 'timeoutMs'> {
  /** A connection to check as well: whether its addresses answer, and by which network interface. Default: only the host is checked. */
  readonly connection?: Connection | undefined
  /**
   * Also runs programs that only print, resolves host names, and sends one INQUIRY to each disk.
   * @default false
   */
  readonly deep?: boolean | undefined
  /**
   * Also connects each path of the connection that is down, and disconnects it again: one login and one logout for each. It needs root and
   * the native part, and uses the journal, claims and locks of an attach, so that nothing remains even if this process dies. A path that
   * is up is left alone. The LUNs are not scanned.
   * @default false
   */
  readonly login?: boolean | undefined
  /**
   * Time limit of each check in milliseconds, from 1 to 86,400,000. A check without an answer by then is `unknown`; the others go on.
   * Default: 5,000, and 65,000 for the check of `login`.
   */
  readonly timeoutMs?: number | undefined
}

/**
 * Answer of a check.
 * - `ok`: as an attach needs it
 * - `note`: worth knowing; nothing has to be done
 * - `warning`: attaches work, but slower, with fewer paths, or not in every case
 * - `problem`: an attach ends with the error {@link DoctorCheck.code}
 * - `unknown`: the check could not find out; its summary says why
 */
export type DoctorAnswer = 'ok' | 'note' | 'warning' | 'problem' | 'unknown'

/** A value that a check has found, without secrets. */
export interface DoctorEvidence {
  /** Where the value comes from: a file, a directory or a program. */
  readonly source: string
  /** The value as it was found. Values of more than 300 characters are cut off. */
  readonly value: string
}

/** Result of one check. */
export interface DoctorCheck {
  /** Stable name of the check: `host.kernel`. `docs/doctor.md` lists all of them. */
  readonly id: string
  /** The part of the host that it is about: `host`, `state`, `tools`, … */
  readonly group: string
  /** What it checks, in a few words. */
  readonly title: string
  /** The answer. */
  readonly answer: DoctorAnswer
  /** The finding, in one sentence. */
  readonly summary: string
  /** What the answer is based on. */
  readonly evidence: readonly DoctorEvidence[]
  /** What to do about it, with the command to run. Brickwork never runs it. Absent if there is nothing to do. */
  readonly advice?: string
  /** Code of the error that an attach ends with. Only of a `problem`. */
  readonly code?: ErrorCode
}

/** Result of {@link doctor}. */
export interface DoctorReport {
  /** The worst answer of all checks, in the order `problem`, `warning`, `unknown`, `note`, `ok`. */
  readonly answer: DoctorAnswer
  /** Every check that ran, in the order of `docs/doctor.md`. */
  readonly checks: readonly DoctorCheck[]
}

/** Entries of the journal, or claims, in a support bundle. */
export interface FolderSummary {
  /** The directory that was read, as a path of the host. */
  readonly directory: string
  /** What each file contains, without secrets. */
  readonly entries: readonly unknown[]
  /** Files that could not be read or parsed, with the reason. Their text is left out. */
  readonly unreadable: readonly {
    /** The file. */
    readonly file: string
    /** Code and message of the error. */
    readonly why: string
  }[]
}
