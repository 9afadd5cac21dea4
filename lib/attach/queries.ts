/** Questions that change nothing and take no lock. */
import type { Connection } from '../api/connection.js'
import type { Host } from '../core/host.js'
import { exclusiveHolders, silentHolders } from '../linux/block/holders.js'
import { initiatorName } from '../linux/iscsi/installation.js'
import type { HostIdentity, Inspection } from '../api/attacher.js'
import type { AttachmentSummary } from '../api/attachment.js'
import { described, type Reached } from '../operation/connector.js'
import { isDescribed } from './wait-ready.js'
import type { Entry } from '../operation/entry.js'

export async function hostIdentity(host: Host): Promise<HostIdentity> {
  const [initiator, hostname, boot, machine] = await Promise.all([
    initiatorName(host),
    host.files.read('/proc/sys/kernel/hostname'),
    bootId(host),
    host.files.read('/etc/machine-id'),
  ])
  return { initiatorName: initiator ?? null, hostname: hostname ?? null, bootId: boot ?? null, machineId: machine ?? null }
}
export async function bootId(host: Host): Promise<string | undefined> {
  return await host.files.read('/proc/sys/kernel/random/boot_id')
}

export function summary(entry: Entry, boot: string, reached: Reached | undefined): AttachmentSummary {
  return {
    id: entry.id,
    owner: entry.owner,
    state: entry.state,
    protocol: entry.connection.protocol,
    device: entry.result?.device ?? null,
    ...(entry.result?.wwid === undefined ? {} : { wwid: entry.result.wwid }),
    present: entry.boot === boot && reached !== undefined,
  }
}

export async function inspection(
  host: Host,
  entry: Entry,
  boot: string,
  reached: Reached | undefined,
  signal: AbortSignal,
): Promise<Inspection> {
  const short = summary(entry, boot, reached)
  const connection = entry.connection as unknown as Connection
  const { result } = entry
  if (reached === undefined || result === null) return { ...short, connection, attachment: null, holders: [], unseen: [] }
  const { device } = reached
  const [loud, silent] = [await exclusiveHolders(host, device, signal), await silentHolders(host, device, signal)]
  return {
    ...short,
    connection,
    attachment: {
      id: entry.id,
      stableLink: result.stableLink,
      ...described(reached),
      reused: true,
      udevReady: await isDescribed(host, device),
      timings: [],
    },
    holders: [...loud.holders, ...silent.holders],
    unseen: [...loud.unseen, ...silent.unseen],
  }
}
