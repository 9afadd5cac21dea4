/** Questions that change nothing and take no lock. */
import type { Connection } from '../connection/types.js'
import type { Host } from '../core/host.js'
import { formatPortal } from '../core/portal.js'
import { parseBlock } from '../linux/scsi/disk.js'
import { exclusiveHolders, silentHolders } from '../linux/block/holders.js'
import { initiatorName } from '../linux/iscsi/installation.js'
import { placeOfSession, readSessions } from '../linux/iscsi/session.js'
import { readDisks } from '../linux/scsi/disk.js'
import type { AttachmentSummary, BlockPicture, DevicePicture, HostIdentity, Inspection } from '../types.js'
import { described, type Reached } from './connector.js'
import { isDescribed } from './settle.js'
import type { Entry } from './entry.js'

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
  const [loud, silent] = [await exclusiveHolders(host, device), await silentHolders(host, device, signal)]
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

/** All block devices and iSCSI sessions of the host, and which belongs to which. */
export async function blockPicture(host: Host, signal: AbortSignal): Promise<BlockPicture> {
  const sessions = await readSessions(host, signal)
  const places = await Promise.all(sessions.map(async (session) => ({ session, place: await placeOfSession(host, session.id) })))
  const ways = new Map<string, Pick<DevicePicture, 'hctl' | 'session' | 'wwid'>>()
  for (const { session, place } of places)
    for (const disk of place === undefined ? [] : await readDisks(host, place.directory, signal))
      if (disk.block !== undefined)
        ways.set(disk.block.name, { hctl: disk.hctl, session: session.id, ...(disk.wwid === undefined ? {} : { wwid: disk.wwid }) })
  return {
    sessions: places.map(({ session, place }) => ({
      session: session.id,
      host: place?.hostNumber ?? -1,
      target: session.target,
      portal: formatPortal(session.portal),
      iface: session.iface,
      state: session.state,
    })),
    devices: (await readDevices(host, signal)).map((device) => ({ ...device, ...ways.get(device.name) })),
  }
}

async function readDevices(host: Host, signal: AbortSignal): Promise<DevicePicture[]> {
  const linked = { children: [{ pattern: '*', follow: true, node: {} }] }
  const tree = await host.kernel.readTree(
    {
      root: '/sys/block',
      node: {
        children: [
          {
            pattern: '*',
            follow: true,
            node: {
              attributes: ['dev', 'size', 'ro', 'diskseq', 'queue/logical_block_size', 'dm/name', 'dm/uuid'],
              children: [
                { pattern: 'holders', node: linked },
                { pattern: 'slaves', node: linked },
              ],
            },
          },
        ],
      },
    },
    signal,
  )
  return tree.children().flatMap((entry): DevicePicture[] => {
    const block = parseBlock(entry)
    if (block === undefined) return []
    const dmName = entry.text('dm/name')
    return [
      {
        name: block.name,
        device: `/dev/${block.name}`,
        sizeBytes: block.sizeBytes,
        readOnly: block.readOnly,
        ...(dmName === undefined ? {} : { dmName, dmUuid: entry.text('dm/uuid') ?? '' }),
        holders: block.holders,
        slaves:
          entry
            .child('slaves')
            ?.children()
            .map(({ name }) => name) ?? [],
      },
    ]
  })
}
