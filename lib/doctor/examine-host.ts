/** Runs the doctor's checks and those of all connectors. */
import type { DoctorCall, DoctorReport } from '../api/doctor.js'
import { checkTimeout } from '../connection/schema.js'
import type { Host } from '../core/host.js'
import { NEVER } from '../core/light-signal.js'
import type { CheckContext } from '../operation/host-check.js'
import { allChecks, type CheckSource } from './all-checks.js'
import { runChecks } from './run-checks.js'

const TIMEOUT_MS = 5000
/** An attach has the same time by default. A login that is given up then is rolled back within the rest. */
const LOGIN_TIMEOUT_MS = 65_000

export interface ExamineOptions extends Omit<DoctorCall, 'connection'> {
  readonly host: Host
  readonly stateDir: string
  readonly runDir: string
  /** Checked by the caller. */
  readonly connection: DoctorCall['connection'] | undefined
  /** As in `CheckContext`. */
  readonly tryPaths?: CheckContext['tryPaths']
}

/** @throws `ERR_INVALID_ARGUMENT` for a wrong time limit, and the signal's reason when the caller aborts. */
export async function examineHost(options: ExamineOptions, connectors: Iterable<CheckSource>): Promise<DoctorReport> {
  const { host, stateDir, runDir, connection, tryPaths, deep = false, signal = NEVER, timeoutMs } = options
  const limit = timeoutMs === undefined ? undefined : checkTimeout(timeoutMs)
  const limits = { timeoutMs: limit ?? TIMEOUT_MS, loginTimeoutMs: limit ?? LOGIN_TIMEOUT_MS }
  return await runChecks(allChecks(connectors), { host, signal, stateDir, runDir, connection, tryPaths, deep, ...limits })
}
