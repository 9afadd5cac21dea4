/** Read-only attachments: the kernel refuses writes to their devices, and no read-write attachment shares the volume. */
import { BrickworkError } from '../core/errors.js'
import type { Connection } from '../api/connection.js'
import type { Policy } from '../api/policy.js'
import type { BlockDevice } from '../linux/block/device.js'
import { usersOf } from './device-users.js'
import type { Entry, HostObject } from './entry.js'
import { text } from './object-data.js'
import type { Operation } from './operation.js'
import { isReadOnlyObject, setReadOnly } from './read-only.js'

type Access = Policy['access']

/** `ro` when the connection or the policy says so. */
export function accessOf(policy: Policy, connection: Connection): Access {
  return connection.access === 'ro' ? 'ro' : policy.access
}
export function recordedAccess({ access = 'rw' }: Pick<Entry, 'access'>): Access {
  return access
}

/**
 * Requires that all attachments of the volume have the same access. For a read-only attachment, makes the kernel refuse writes to this
 * device from now on. A device that is already read-only stays as it is.
 * @throws `ERR_CONFLICT`, naming the other attachment; `ERR_HELD` when a device that existed before is in use.
 */
export async function shareDevice(operation: Operation, device: BlockDevice): Promise<void> {
  const { claim } = operation
  const words = wordsOf(claim.entry)
  const [word] = words
  if (word === undefined) return
  if (recordedAccess(claim.entry) === 'ro') {
    await operation.locked(accessLock(word), async () => {
      const [other] = await sharers(operation, words, 'rw')
      if (other !== undefined) throw conflict(device, other, 'read-write', 'read-only')
      if (!device.readOnly && !isCreated(claim.entry, device)) {
        claim.requireClear(word)
        await requireUnused(operation, device)
      }
      await setReadOnly(operation, device)
    })
  } else if (withAccess(operation, await claim.foundBy(words), 'ro').length > 0) {
    // A read-only attach may have queried the claims before ours was written. It holds this lock until its claim shows that it is
    // read-only.
    await operation.locked(accessLock(word), async () => {
      const other = (await sharers(operation, words, 'ro')).find(isSettled)
      if (other !== undefined) throw conflict(device, other, 'read-only', 'read-write')
    })
  }
}

/** Claims of a newer version contain only their keys. */
function accessIn(entry: Entry): Access {
  return entry.objects.some(isReadOnlyObject) ? 'ro' : recordedAccess(entry)
}
const accessLock = (word: string) => `access ${word}`
/** It is attached, or has made a device read-only: from then on no attachment may write. */
function isSettled({ state, objects }: Entry): boolean {
  return state === 'attached' || objects.some(isReadOnlyObject)
}

/** The words that claims on the same volume have in common: names of its disks and maps. */
function wordsOf({ objects }: Entry): string[] {
  const devices = objects.filter(({ key, data }) => !isReadOnlyObject({ key }) && ('diskseq' in data || 'uuid' in data))
  return [...new Set(devices.flatMap(({ key, common = [] }) => [...common, key]))]
}
/** Other attachments of the volume with this access. */
async function sharers(operation: Operation, words: readonly string[], access: Access): Promise<Entry[]> {
  return withAccess(operation, await operation.claims.aboutAny(words), access)
}
function withAccess({ claim: { entry } }: Operation, claims: readonly Entry[], access: Access): Entry[] {
  const others = claims.filter((each) => each.owner !== entry.owner || each.id !== entry.id)
  return others.filter((each) => each.state !== 'detached' && accessIn(each) === access)
}

/** A disk that an attach created or adopted, or a map of such disks, has no user whose writes could be lost. */
function isCreated({ objects }: Entry, device: BlockDevice): boolean {
  const about = ({ data }: HostObject) => data['name'] === device.name && 'diskseq' in data
  return objects.some((object) => !isReadOnlyObject(object) && object.origin !== 'found' && about(object))
}
async function requireUnused(operation: Operation, device: BlockDevice): Promise<void> {
  const maps = operation.claim.entry.objects.flatMap(({ data }) => ('uuid' in data ? [text(data, 'device')] : []))
  const use = await usersOf(operation, { ...device, holders: device.holders.filter((holder) => !maps.includes(holder)) })
  if (use !== undefined) throw use
}

function conflict(device: BlockDevice, { owner, id }: Entry, has: string, wanted: string): BrickworkError {
  const message = `/dev/${device.name} is attached ${has} as ${JSON.stringify(id)} (owner ${JSON.stringify(owner)}) and cannot also be attached ${wanted}. Detach that attachment first`
  return new BrickworkError('ERR_CONFLICT', message, { details: { attachment: { owner, id } } })
}
