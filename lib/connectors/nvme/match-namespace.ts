/** Whether a namespace is the volume that the connection names: by every identifier that is given. */
import type { NamespaceIds, NamespacePath } from '../../linux/nvme/namespace.js'
import type { WantedNamespace } from './connection.js'

type Answer = 'same' | 'other' | 'unknown'

/**
 * An identifier that differs excludes the namespace. One that the namespace does not show counts neither path. For a namespace without a UUID,
 * `uuid` may be its NGUID, which the kernel shows in that place.
 */
export function isWanted(ids: NamespaceIds, wanted: WantedNamespace): boolean {
  const answers = [
    compare(wanted.uuid, ids.uuid ?? ids.nguid),
    compare(wanted.nguid, ids.nguid),
    compare(wanted.eui64, ids.eui64),
    compare(wanted.nsid, ids.nsid),
  ]
  return answers.includes('same') && !answers.includes('other')
}
/** Whether two namespaces show the same identity, wherever they are. */
export function sharesIdentity(ids: NamespaceIds, wanted: WantedNamespace): boolean {
  return isWanted(ids, { ...wanted, nsid: undefined })
}
function compare<T>(wanted: T | undefined, shown: T | undefined): Answer {
  if (wanted === undefined || shown === undefined) return 'unknown'
  return wanted === shown ? 'same' : 'other'
}

/** A namespace in a few words, for messages: `nsid 3 (uuid.1111…)`. */
export function namespaceInWords({ nsid, wwid }: NamespaceIds): string {
  return `nsid ${nsid ?? '?'} (${wwid ?? 'no identity'})`
}
/** ANA states in which a path takes I/O; a controller without ANA has none. */
export function isAccessible({ anaState }: Pick<NamespacePath, 'anaState'>): boolean {
  return anaState === undefined || anaState === 'optimized' || anaState === 'non-optimized'
}
