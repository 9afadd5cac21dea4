import type { HostIdentity } from '../api/identity.js'
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import type { Connector } from '../operation/connector.js'
import { bootId } from './boot.js'

/** What cannot be read is left out and named in `unseen`. */
export async function hostIdentity(host: Host, connectors: Iterable<Connector>): Promise<HostIdentity> {
  const unseen: string[] = []
  const seen = async <T>(query: Promise<T> | undefined): Promise<T | undefined> => {
    try {
      return await query
    } catch (error) {
      unseen.push(whyUnseen(error))
      return undefined
    }
  }
  const [hostname, boot, machine, ...ofProtocols] = await Promise.all([
    seen(host.files.read('/proc/sys/kernel/hostname')),
    seen(bootId(host)),
    seen(host.files.read('/etc/machine-id')),
    ...[...connectors].map(async (connector) => (await seen(connector.hostIdentity?.(host))) ?? {}),
  ])
  const common = { hostname: hostname ?? null, bootId: boot ?? null, machineId: machine ?? null, unseen: unseen.sort() }
  return ofProtocols.reduce<HostIdentity>((identity, own) => ({ ...identity, ...own }), common)
}

/** `/etc/machine-id (no permission)` */
function whyUnseen(error: unknown): string {
  if (!isBrickworkError(error)) throw error
  const { path, errno } = error.details
  if (typeof path !== 'string') return error.message
  return `${path} (${error.code === 'ERR_PERMISSION' ? 'no permission' : typeof errno === 'string' ? errno : error.code})`
}
