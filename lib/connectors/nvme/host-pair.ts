/** The pair of names with which this host connects to a subsystem. Both are always given, and never contradict a controller that exists. */
import type { NvmeConnection } from '../../api/nvme-connection.js'
import { invalid } from '../../connection/check.js'
import { BrickworkError } from '../../core/errors.js'
import { meaningOfUuid } from '../../core/volume-name.js'
import { HostFacts } from '../../linux/host-facts.js'
import type { NvmeController } from '../../linux/nvme/controller.js'
import { readNvmePair } from '../../linux/nvme/host-name.js'
import type { Operation } from '../../operation/operation.js'
import { hyphenated } from './connection.js'

export interface HostPair {
  readonly hostNqn: string
  readonly hostId: string
}

/** The pair of the connection, or else that of the host. @throws `ERR_UNSUPPORTED` when the host has none. */
export async function hostPairOf({ host }: Pick<Operation, 'host'>, { host: named }: NvmeConnection): Promise<HostPair> {
  const id = named?.id === undefined ? undefined : uuidIn(named.id)
  if (named !== undefined && id !== undefined) return { hostNqn: named.nqn, hostId: id }
  const facts = new HostFacts(host)
  const own = await readNvmePair(facts)
  if (named === undefined) {
    if (own !== undefined) return own
    const why = facts.unseen().join('; ')
    throw new BrickworkError('ERR_UNSUPPORTED', `This host has no NVMe host name: ${why}. Create /etc/nvme/hostnqn and /etc/nvme/hostid`)
  }
  const derived = named.nqn === own?.hostNqn ? own.hostId : uuidIn(named.nqn.split('uuid:')[1] ?? '')
  if (derived !== undefined) return { hostNqn: named.nqn, hostId: derived }
  throw invalid([{ field: 'connection.host.id', message: 'is missing: the name is not that of this host, and contains no UUID' }])
}
function uuidIn(text: string): string | undefined {
  const digits = meaningOfUuid(text)[0]?.replace('uuid.', '')
  return digits === undefined ? undefined : hyphenated(digits)
}

/**
 * Linux up to 6.1 sets the host id of all controllers with the same host NQN to that of the last connect. Later ones refuse a pair of which
 * only one half is in use (drivers/nvme/host/fabrics.c, nvmf_host_add).
 * @throws `ERR_CONFLICT`, before anything is written.
 */
export function requireNoContradiction(pair: HostPair, controllers: readonly NvmeController[]): void {
  const other = contradicting(pair, controllers)
  if (other === undefined) return
  const words = (nqn = '', id = '') => `host NQN ${nqn} with host id ${id}`
  throw new BrickworkError(
    'ERR_CONFLICT',
    `${other.name} is connected as ${words(other.hostNqn, other.hostId)}; this attach would connect as ${words(pair.hostNqn, pair.hostId)}. Use one pair on this host, or disconnect that controller`,
    {
      details: {
        device: `/dev/${other.name}`,
        attached: { nqn: other.hostNqn, id: other.hostId },
        asked: { nqn: pair.hostNqn, id: pair.hostId },
      },
    },
  )
}
/** A controller that has one half of the pair, and another other half. */
export function contradicting(pair: HostPair, controllers: readonly NvmeController[]): NvmeController | undefined {
  return controllers.find(({ hostNqn, hostId, transport }) => {
    if (hostNqn === undefined || hostId === undefined || transport === 'pcie') return false
    return (hostNqn === pair.hostNqn) !== (hostId === pair.hostId)
  })
}
