import type { HostIdentity } from '../api/identity.js'
import type { Host } from '../core/host.js'
import { HostFacts } from '../linux/host-facts.js'
import { readHostIdentity } from '../linux/host-identity.js'
import type { Connector } from '../operation/connector.js'

/** What cannot be read is left out and named in `unseen`. */
export async function hostIdentity(host: Host, connectors: Iterable<Connector>): Promise<HostIdentity> {
  const facts = new HostFacts(host)
  const [common, ...ofProtocols] = await Promise.all([
    readHostIdentity(facts),
    ...[...connectors].map(async (connector) => (await connector.hostIdentity?.(facts)) ?? {}),
  ])
  const identity = ofProtocols.reduce<Omit<HostIdentity, 'unseen'>>((found, own) => ({ ...found, ...own }), common)
  return { ...identity, unseen: facts.unseen() }
}
