/** What is attached already: still the volume that it was, and the map still of that alone. */
import type { Reached } from '../../operation/connector.js'
import { proveAgain } from '../disk/identity.js'
import type { Operation } from '../../operation/operation.js'
import { readMap } from '../../linux/multipath/map.js'
import type { Expected } from '../../api/attachment.js'
import { disksOf, strangersIn, unclaimed } from './map-members.js'
import { placeOf, placesOf } from '../disk/wwid-conflict.js'
import { survey } from '../../connectors/iscsi/survey.js'

/** @throws `ERR_IDENTITY_MISMATCH`, `ERR_IDENTITY_UNKNOWN`, and `ERR_IDENTITY_CONFLICT` when the map has got a path that may lead elsewhere. */
export async function proveIscsiAgain(operation: Operation, reached: Reached, expected: Expected | undefined): Promise<void> {
  await requireNoStrangers(operation, reached)
  await proveAgain(operation, reached.disks, expected)
}

/** Another program's session to a LUN of this connection is a way to the same volume. */
async function requireNoStrangers(operation: Operation, { device, multipath }: Reached): Promise<void> {
  const map = multipath === undefined ? undefined : await readMap(operation.host, device.name, operation.signal)
  if (map === undefined) return
  const strangers = await unclaimed(operation, map, disksOf(operation.entry.objects))
  if (strangers.length === 0) return
  const places = placesOf(operation.entry.connection)
  const { sessions } = await survey(operation)
  const there = sessions.flatMap(({ session, disks }) =>
    disks.filter(({ lun }) => places.includes(placeOf(session.target, lun))).map(({ block }) => block?.name),
  )
  const elsewhere = strangers.filter((name) => !there.includes(name))
  if (elsewhere.length > 0) throw await strangersIn(operation, map, elsewhere)
}
