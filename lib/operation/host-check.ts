/** The contract of the doctor's checks. Connectors have checks of their own. */
import type { Connection } from '../api/connection.js'
import type { DoctorEvidence } from '../api/doctor.js'
import type { ErrorCode } from '../core/errors.js'
import type { Host } from '../core/host.js'
import type { TriedPaths } from './tried-path.js'

/** One row of the doctor. It only reads: it changes nothing, opens no device, and connects to no daemon of this host. */
export interface HostCheck {
  /** Stable and public: `host.kernel`. */
  readonly id: string
  readonly group: string
  /** What it checks, in a few words. */
  readonly title: string
  /** What it looks at, for the table of the documentation. */
  readonly reads: string
  /** Runs only when the caller asks for it: the other checks run always. */
  readonly only?: 'deep' | 'connection' | 'login'
  /** A failure, or no answer in time, makes the check `unknown`. */
  readonly run: (context: CheckContext) => Promise<Finding>
}

export interface CheckContext {
  readonly host: Host
  /** Aborts at the end of the check's time. */
  readonly signal: AbortSignal
  readonly stateDir: string
  readonly runDir: string
  readonly connection: Connection | undefined
  /** Programs may run, and disks may be sent commands that read. */
  readonly deep: boolean
  /** Connects the paths of the connection that are down, and disconnects them again. Only of a check with `only: 'login'`. */
  readonly tryPaths: (() => Promise<TriedPaths>) | undefined
  /** Reads a fact that several checks need once for all of them. */
  readonly once: <T>(fact: Fact<T>) => Promise<T>
}
/** The signal is that of the whole run, since other checks wait for the fact too. */
export type Fact<T> = (context: Pick<CheckContext, 'host' | 'signal' | 'stateDir' | 'runDir' | 'once'>) => Promise<T>

export type Finding = { readonly summary: string; readonly evidence: readonly DoctorEvidence[] } & (
  | { readonly answer: 'ok' | 'note' | 'unknown'; readonly advice?: string }
  | { readonly answer: 'warning'; readonly advice: string }
  | { readonly answer: 'problem'; readonly advice: string; readonly code: ErrorCode }
)

export function ok(summary: string, evidence: readonly DoctorEvidence[] = []): Finding {
  return { answer: 'ok', summary, evidence }
}
export function note(summary: string, evidence: readonly DoctorEvidence[] = [], advice?: string): Finding {
  return { answer: 'note', summary, evidence, ...(advice === undefined ? {} : { advice }) }
}
export function warning(summary: string, evidence: readonly DoctorEvidence[], advice: string): Finding {
  return { answer: 'warning', summary, evidence, advice }
}
export function problem(code: ErrorCode, summary: string, evidence: readonly DoctorEvidence[], advice: string): Finding {
  return { answer: 'problem', code, summary, evidence, advice }
}
export function unknown(summary: string, evidence: readonly DoctorEvidence[] = []): Finding {
  return { answer: 'unknown', summary, evidence }
}

/** A file with what was found in it; `undefined`: the file is missing. */
export function seen(source: string, value: string | number | undefined): DoctorEvidence {
  return { source, value: value === undefined ? 'missing' : String(value) }
}
