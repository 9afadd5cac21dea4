/** Checks whether this host is ready for attaches. */
import type { DoctorCall, DoctorReport } from './api/doctor.js'
import type { QueryOptions } from './api/query.js'
import { createAttacher } from './attacher.js'
import { createConnectors } from './connectors/index.js'
import { type OptionKinds, requireKnownOptions } from './core/known-options.js'
import { BrickworkError, isBrickworkError } from './core/errors.js'
import type { ExamineOptions } from './doctor/examine-host.js'
import { checks } from './forms.js'
import { RUN_DIR, STATE_DIR } from './operation/directories.js'
import { ownHost } from './own-host.js'

/** Options of {@link doctor}. */
export interface DoctorOptions extends DoctorCall, Pick<QueryOptions, 'host' | 'stateDir' | 'runDir'> {}

const doctorKinds: OptionKinds<DoctorOptions> = {
  host: 'any',
  stateDir: 'text',
  runDir: 'text',
  connection: 'any',
  deep: 'boolean',
  login: 'boolean',
  timeoutMs: 'any',
  signal: 'signal',
}

/**
 * Checks whether this host is ready for attaches, and says what to do if it is not. Without `login` it changes nothing, starts nothing, opens no
 * device and connects to no daemon. It needs neither root nor the native addon: what it cannot read is `unknown`.
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` for a wrong connection or time limit, or `login` without a connection. Rejects with the signal's reason if it aborts.
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  requireKnownOptions(options, doctorKinds, 'doctor()')
  const { host = ownHost(), stateDir = STATE_DIR, runDir = RUN_DIR } = options
  const connection = options.connection === undefined ? undefined : checks.connection(options.connection)
  if (options.login === true) return await withLogin({ ...options, host, stateDir, runDir, connection })
  return await examined({ ...options, host, stateDir, runDir, connection })
}

/** A login needs an attacher. Where none can be created, only the check of the login says so. */
async function withLogin({ connection, ...options }: Omit<DoctorOptions, 'connection'> & ExamineOptions): Promise<DoctorReport> {
  if (connection === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', 'login: needs a connection')
  const { host, stateDir, runDir, ...call } = options
  try {
    await using attacher = await createAttacher({ host, stateDir, runDir })
    return await attacher.doctor({ ...call, connection })
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isBrickworkError(error) || error.code === 'ERR_INVALID_ARGUMENT') throw error
    return await examined({ ...options, connection, tryPaths: () => Promise.reject(error) })
  }
}

async function examined(options: ExamineOptions): Promise<DoctorReport> {
  const [{ examineHost }, connectors] = await Promise.all([import('./doctor/examine-host.js'), createConnectors()])
  return await examineHost(options, connectors)
}
