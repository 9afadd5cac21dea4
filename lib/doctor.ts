/** Checks whether this host is ready for attaches. */
import type { DoctorCall, DoctorReport } from './api/doctor.js'
import { createConnectors } from './connectors/index.js'
import type { Host } from './core/host.js'
import { examineHost } from './doctor/examine-host.js'
import { checks } from './forms.js'
import { createHost } from './host/create-host.js'

/** Options of {@link doctor}. */
export interface DoctorOptions extends DoctorCall {
  /**
   * The host: from {@link createHost}, or a `FakeHost` in tests.
   * @default createHost()
   */
  readonly host?: Host
  /**
   * Directory of the journal, as a path of the host.
   * @default '/var/lib/brickwork'
   */
  readonly stateDir?: string
  /**
   * Directory of claims and locks, as a path of the host.
   * @default '/run/brickwork'
   */
  readonly runDir?: string
}

/**
 * Checks whether this host is ready for attaches, and says what to do if it is not. It changes nothing, starts nothing, opens no device and
 * connects to no daemon. It needs neither root nor the native addon: what it cannot read is `unknown`.
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` for a wrong connection or time limit. Rejects with the signal's reason if it aborts.
 */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const { host = createHost(), stateDir = '/var/lib/brickwork', runDir = '/run/brickwork' } = options
  const connection = options.connection === undefined ? undefined : checks.connection(options.connection)
  return await examineHost({ ...options, host, stateDir, runDir, connection }, createConnectors())
}
