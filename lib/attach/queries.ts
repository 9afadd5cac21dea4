/** Queries that change nothing and take no lock. */
import type { Connection, ConnectionWithoutSecrets } from '../api/connection.js'
import type { Inspection } from '../api/attacher.js'
import type { AttachmentSummary } from '../api/attachment.js'
import type { Host } from '../core/host.js'
import { exclusiveHolders, silentHolders } from '../linux/block/holders.js'
import { type Connector, described, type AttachedDevice } from '../operation/connector.js'
import { isDescribed } from './wait-ready.js'
import type { Entry } from '../operation/entry.js'

export function summary(entry: Entry, boot: string, attached: AttachedDevice | undefined): AttachmentSummary {
  return {
    id: entry.id,
    owner: entry.owner,
    state: entry.state,
    protocol: entry.connection.protocol as Connection['protocol'],
    kind: entry.result?.kind ?? null,
    path: entry.result?.path ?? null,
    device: entry.result?.device ?? null,
    ...(entry.result?.wwid === undefined ? {} : { wwid: entry.result.wwid }),
    present: entry.boot === boot && attached !== undefined,
  }
}

export async function inspection(
  host: Host,
  connector: Connector,
  entry: Entry,
  boot: string,
  attached: AttachedDevice | undefined,
  signal: AbortSignal,
): Promise<Inspection> {
  const short = summary(entry, boot, attached)
  const connection = entry.connection as unknown as ConnectionWithoutSecrets
  const volume = connector.form.describe(entry.connection)
  const { result } = entry
  if (attached === undefined || result === null) return { ...short, connection, volume, attachment: null, holders: [], unseen: [] }
  const { device } = attached
  const [loud, silent] = [await exclusiveHolders(host, device, signal), await silentHolders(host, device, signal)]
  return {
    ...short,
    connection,
    volume,
    attachment: {
      id: entry.id,
      protocol: connection.protocol,
      stableLink: result.stableLink,
      ...described(attached),
      reused: true,
      udevReady: await isDescribed(host, device, signal),
      timings: [],
    },
    holders: [...loud.holders, ...silent.holders],
    unseen: [...loud.unseen, ...silent.unseen],
  }
}
