/** The names that occur in the structured parts of a bundle. They may stand in the middle of other texts too, such as links of udev. */
import type { HostIdentity } from '../../api/identity.js'
import type { BlockTopology } from '../../api/topology.js'
import { parseNamedPortal } from '../../core/portal.js'
import type { Entry } from '../../operation/entry.js'
import type { KnownNames } from './anonymous.js'

export function knownNames(identity: HostIdentity | undefined, topology: BlockTopology, entries: readonly Entry[]): KnownNames {
  const texts = entries.flatMap(({ connection, objects, pending, result }) => [
    ...stringsIn(connection),
    ...stringsIn(objects),
    ...stringsIn(pending),
    ...stringsIn(result),
  ])
  const { sessions, hosts, scsiDevices, subsystems, devices } = topology
  return {
    targets: [
      ...texts.filter((text) => /^(iqn|nqn)\./.test(text)),
      ...sessions.flatMap(({ target, initiatorName = '' }) => [target, initiatorName]),
      ...hosts.flatMap(({ iscsi }) => iscsi?.initiatorName ?? []),
      ...subsystems.map(({ nqn }) => nqn),
      ...stringsIn(identity).filter((text) => /^(iqn|nqn)\./.test(text)),
    ],
    volumes: [
      ...scsiDevices.flatMap(({ wwid = '', serial = '' }) => [wwid, serial]),
      ...devices.flatMap(({ wwid = '', serial = '' }) => [wwid, serial]),
      ...subsystems.flatMap(({ serial = '' }) => [serial]),
      ...entries.flatMap(({ result }) => [result?.wwid ?? '', result?.serial ?? '']),
    ],
    hosts: [identity?.hostname ?? '', ...texts.flatMap((text) => parseNamedPortal(text)?.name ?? [])],
    users: entries.flatMap(({ connection }) => usersIn(connection)),
  }
}
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}
function usersIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => (key === 'username' && typeof each === 'string' ? [each] : usersIn(each)))
}
