/** Functions that query a host without an attacher, and write nothing. */
import type { HostIdentity } from './api/identity.js'
import type { EnumerateOptions, QueryOptions } from './api/query.js'
import type { BlockTopology } from './api/topology.js'
import { requireBoot } from './attach/boot.js'
import { checkTimeout } from './connection/schema.js'
import { createConnectors } from './connectors/index.js'
import { Deadline } from './core/deadline.js'
import type { Host } from './core/host.js'
import { type OptionKinds, requireKnownOptions } from './core/known-options.js'
import { until } from './core/signal.js'
import { tracedHost } from './core/traced-host.js'
import { RUN_DIR } from './operation/directories.js'
import { DEFAULT_TIMEOUT_MS } from './operation/policy.js'
import { ownHost } from './own-host.js'

const queryKinds: OptionKinds<QueryOptions> = { host: 'any', stateDir: 'text', runDir: 'text', signal: 'signal', timeoutMs: 'any' }
const enumerateKinds: OptionKinds<EnumerateOptions> = { ...queryKinds, askMultipathd: 'boolean' }

/**
 * Returns the names by which storage systems know this host. What cannot be read is named in `unseen`. It works without root, without the
 * native part and on a read-only file system.
 * @throws {@link BrickworkError} `ERR_UNSUPPORTED_PLATFORM` if this is not a Linux host. `ERR_INVALID_ARGUMENT`, `ERR_TIMEOUT`,
 * `ERR_ABORTED`.
 */
export async function identity(options: QueryOptions = {}): Promise<HostIdentity> {
  requireKnownOptions(options, queryKinds, 'identity()')
  const [{ hostIdentity }, connectors] = await Promise.all([import('./attach/host-identity.js'), createConnectors()])
  return await inTime(options, (host) => hostIdentity(host, connectors))
}

/**
 * Returns the block storage of this host: devices, paths, mounts, attachments of all owners. It asks no disk, and no daemon unless
 * `askMultipathd` is set. What cannot be read is named in `unseen`. It works without root, without the native part (the read takes longer, and the states of the paths of multipath
 * maps are missing) and on a read-only file system.
 * @throws {@link BrickworkError} `ERR_UNSUPPORTED_PLATFORM` if this is not a Linux host. `ERR_INVALID_ARGUMENT`, `ERR_TIMEOUT`,
 * `ERR_ABORTED`.
 */
export async function enumerate(options: EnumerateOptions = {}): Promise<BlockTopology> {
  requireKnownOptions(options, enumerateKinds, 'enumerate()')
  const { runDir = RUN_DIR, askMultipathd = false } = options
  const [{ blockTopology }, { Claims }] = await Promise.all([import('./attach/topology.js'), import('./operation/claims.js')])
  return await inTime(options, (host, boot, signal) => blockTopology(host, new Claims(host, runDir, boot), signal, { askMultipathd }))
}

async function inTime<T>(
  { host: given, timeoutMs = DEFAULT_TIMEOUT_MS, signal }: QueryOptions,
  ask: (host: Host, boot: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const host = tracedHost(given ?? ownHost())
  using deadline = new Deadline(host.clock, checkTimeout(timeoutMs), signal)
  deadline.signal.throwIfAborted()
  const answer = async () => await ask(host, await requireBoot(host), deadline.signal)
  return await until(answer(), deadline.signal)
}
