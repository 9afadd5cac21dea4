/** Verifies an attachment: its device still is the same volume, and its map has only paths of that volume. */
import type { Expected } from '../../api/attachment.js'
import { readMap } from '../../linux/multipath/map.js'
import type { AttachedDevice } from '../../operation/connector.js'
import { reverify } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import { volumeAt, volumesNamed } from '../disk/wwid-conflict.js'
import type { Transport } from '../transport.js'
import { disksOf, strangersIn, unclaimed } from './map-members.js'

/**
 * @throws `ERR_IDENTITY_MISMATCH`, `ERR_IDENTITY_UNKNOWN`, and `ERR_IDENTITY_CONFLICT` when the map has a new path that may lead to another
 * volume.
 */
export async function reverifyVolume(
  operation: Operation,
  transport: Transport,
  attached: AttachedDevice,
  expected: Expected | undefined,
): Promise<void> {
  await requireNoStrangers(operation, transport, attached)
  await reverify(operation, attached.sources, expected)
}

/** A path that another program has brought up to a LUN of this connection leads to the same volume. */
async function requireNoStrangers(operation: Operation, transport: Transport, { device, multipath }: AttachedDevice): Promise<void> {
  const map = multipath === undefined ? undefined : await readMap(operation.host, device.name, operation.signal)
  if (map === undefined) return
  const strangers = await unclaimed(operation, transport, map, disksOf(operation.claim.entry.objects))
  if (strangers.length === 0) return
  const places = volumesNamed(transport, operation.claim.entry.connection)
  const { nexuses } = await transport.survey(operation)
  const there = nexuses.flatMap(({ nexus: { target }, disks }) =>
    disks.filter(({ lun }) => places.includes(volumeAt({ target, lun }))).map(({ block }) => block?.name),
  )
  const elsewhere = strangers.filter((name) => !there.includes(name))
  if (elsewhere.length > 0) throw await strangersIn(operation, map, elsewhere)
}
