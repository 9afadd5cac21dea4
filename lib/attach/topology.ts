/** The topology of the host. Names the attachments that each object belongs to, from the claims of all owners. */
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { type Owners, readTopology } from '../linux/topology/read.js'
import type { AttachmentOwner, BlockTopology } from '../api/topology.js'
import type { Claims } from '../operation/claims.js'
import type { Entry, HostObject } from '../operation/entry.js'

export async function blockTopology(
  host: Host,
  claims: Claims,
  signal: AbortSignal,
  options: { readonly askMultipathd?: boolean } = {},
): Promise<BlockTopology> {
  const { entries, unseen } = await surveyOf(claims)
  const topology = await readTopology(host, ownersBy(entries), signal, options)
  return { ...topology, unseen: [...topology.unseen, ...unseen] }
}

/** Users other than root may not read the claims. The topology then names no attachments. */
async function surveyOf(claims: Claims): Promise<{ readonly entries: readonly Entry[]; readonly unseen: readonly string[] }> {
  try {
    const { entries, errors } = await claims.survey()
    return { entries, unseen: errors.map(({ message }) => message) }
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_PERMISSION')) throw error
    return { entries: [], unseen: ['attachments that devices belong to (no permission)'] }
  }
}

/**
 * Matches objects by the data that connectors record: `name` and `diskseq` of a disk, `uuid` of a map, fields of the transport's objects.
 */
function ownersBy(entries: readonly Entry[]): Owners {
  const owned = entries
    .map((entry) => ({ attachment: { id: entry.id, owner: entry.owner, state: entry.state }, entry }))
    .sort((a, b) => (a.attachment.id < b.attachment.id ? -1 : 1))
  const marksOf = (isOf: (entry: Entry) => boolean): AttachmentOwner[] =>
    owned.filter(({ entry }) => isOf(entry)).map(({ attachment }) => attachment)
  const holds = ({ objects }: Entry, kind: string, isIt: (data: HostObject['data']) => boolean) =>
    objects.some((object) => object.kind === kind && isIt(object.data))
  return {
    ofDevice: ({ name, diskseq, wwid, dmUuid }) =>
      marksOf((entry) => {
        const { result } = entry
        // The kernel reuses device names: the WWID must match too.
        const isResult = result?.device === `/dev/${name}` && (result.wwid === undefined || wwid === undefined || result.wwid === wwid)
        const isDisk = (data: HostObject['data']) => data['name'] === name && (data['diskseq'] == null || data['diskseq'] === diskseq)
        return isResult || holds(entry, 'disk', isDisk) || (dmUuid !== undefined && holds(entry, 'map', ({ uuid }) => uuid === dmUuid))
      }),
    ofObject: (kind, fields) =>
      marksOf((entry) => holds(entry, kind, (data) => Object.entries(fields).every(([field, value]) => data[field] === value))),
  }
}
