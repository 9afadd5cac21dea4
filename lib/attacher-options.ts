import type { Host, Log } from './core/host.js'
import type { PartialLimits, PartialPolicy } from './api/policy.js'

/** Options of `createAttacher()`. */
export interface AttacherOptions {
  /**
   * Name of the agent in claims and journal: 1–256 bytes, no control characters. Agents with different names share a host.
   * @default 'default'
   */
  readonly owner?: string | undefined
  /**
   * Directory of the journal of this owner, as a path of the host. It must be on a disk that survives reboots.
   * @default '/var/lib/brickwork'
   */
  readonly stateDir?: string | undefined
  /**
   * Directory of claims, locks and stable links, as a path of the host. All owners share it; a reboot empties it.
   * @default '/run/brickwork'
   */
  readonly runDir?: string | undefined
  /**
   * The host: from `createHost()`, or a `FakeHost` in tests.
   * @default createHost()
   */
  readonly host?: Host | undefined
  /** Policy of all attaches of this attacher. A field that is left out has its default. */
  readonly policy?: PartialPolicy | undefined
  /**
   * Heals degraded attachments in the background (`Attacher.heal`), with pauses of about so many milliseconds, from 1000 to
   * 86,400,000. At most four at once; an attachment whose paths stay away is tried less often, down to every eighth time. Another
   * operation on the attachment ends its heal. Until `close()`, this keeps the process alive. Default: never.
   */
  readonly healIntervalMs?: number | undefined
  /** Limits on work in progress. A field that is left out has its default. */
  readonly limits?: PartialLimits | undefined
  /**
   * Log of the attacher. At `warn` it gets what a person may have to act on, at `debug` each step, program and change of the host. It takes
   * precedence over that of `host`, which then gets only what the host itself reports. Errors that the log throws are ignored. Default:
   * the log of `host`, or nothing is logged.
   */
  readonly log?: Log | undefined
  /**
   * File for a trace in Chrome's format, which https://ui.perfetto.dev opens. It has all operations, steps, programs and native calls of
   * this process, also of its other attachers, until the attacher is closed. It is a path of this process, must not exist yet, and is
   * readable by its owner only. Default: no trace.
   */
  readonly trace?: string | undefined
  /**
   * Creates an attacher for queries alone: `list`, `inspect`, `identity`, `enumerate`, `follow`, `watch`, `doctor`, and `recover` with
   * `dryRun`. It writes nothing on the host and makes no directories. It needs neither root nor the native part, except for what a query
   * itself reads: the journal is readable by root only. Other calls throw `ERR_UNSUPPORTED`.
   * @default false
   */
  readonly queryOnly?: boolean | undefined
}
