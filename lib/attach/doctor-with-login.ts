/** `doctor()` of an attacher: it may also try the paths of a connection. */
import type { Connection } from '../api/connection.js'
import type { DoctorCall, DoctorReport } from '../api/doctor.js'
import type { Checks } from '../connection/schema.js'
import { BrickworkError } from '../core/errors.js'
import { examineHost } from '../doctor/examine-host.js'
import type { Connector } from '../operation/connector.js'
import { digest } from '../operation/digest.js'
import type { AttacherContext } from '../operation/operation.js'
import type { TriedPaths } from '../operation/tried-path.js'
import type { Journal } from './journal.js'
import type { OperationRunner } from './operation-runner.js'
import { tryPaths } from './try-paths.js'

interface Parts {
  readonly context: AttacherContext
  readonly runner: OperationRunner
  readonly journal: Journal
  readonly checks: Checks
  readonly connectors: ReadonlyMap<string, Connector>
  readonly connectorOf: (protocol: string) => Connector
}

/** @throws `ERR_INVALID_ARGUMENT` for `login` without a connection, and for a wrong connection. */
export async function doctorWithLogin(parts: Parts, call: DoctorCall): Promise<DoctorReport> {
  const { context, journal, checks, connectors } = parts
  const connection = call.connection === undefined ? undefined : checks.connection(call.connection)
  if (call.login === true && connection === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', 'login: needs a connection')
  const trying = call.login !== true || connection === undefined ? undefined : () => tried(parts, connection, call)
  const { host, runDir } = context
  return await examineHost({ ...call, host, runDir, stateDir: journal.stateDir, connection, tryPaths: trying }, connectors.values())
}

async function tried({ runner, journal, connectorOf }: Parts, connection: Connection, call: DoctorCall): Promise<TriedPaths> {
  const connector = connectorOf(connection.protocol)
  const canonical = connector.form.canonical(connection)
  const entry = runner.blank(`doctor ${digest(JSON.stringify(canonical))}`, canonical)
  return await runner.run('attach', entry, call, {}, (operation) => tryPaths(operation, connector, journal, connection, connectorOf))
}
