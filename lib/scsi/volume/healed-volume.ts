/** What an attached volume is and has, before a heal adds anything to it. */
import type { Expected } from '../../api/attachment.js'
import { isBrickworkError } from '../../core/errors.js'
import { readBlockDevices } from '../../linux/block/device.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import type { PathOfMap } from '../../multipath/join-map.js'
import type { Entry } from '../../operation/entry.js'
import { reverify } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'
import { diskOf, isSameDisk } from '../disk/disk-of.js'
import { scsiIdentity } from '../disk/identity.js'
import { DISK } from '../disk/objects.js'
import type { Transport } from '../transport.js'
import type { Healing } from './heal-path.js'

/**
 * What every new path must show: what the paths of the map show, and what the attach has recorded. The live paths themselves are asked
 * first: if their LUN was given to another volume, no path may be added to the map.
 * @throws `ERR_IDENTITY_MISMATCH`
 */
export async function knownVolume(
  operation: Operation,
  { slaves }: MultipathMap,
  paths: readonly PathOfMap[],
  { result }: Entry,
): Promise<Pick<Healing, 'members' | 'volume' | 'expected'>> {
  const { host, signal, progress } = operation
  const members = await readBlockDevices(host, slaves, signal)
  const expected: Expected = {
    ...(result?.wwid === undefined ? {} : { wwid: result.wwid }),
    ...(result?.serial === undefined ? {} : { serial: result.serial }),
  }
  const live = members.filter(({ name }) => paths.some((path) => path.name === name && path.active))
  if (live.length > 0)
    await progress
      .step('verify', () =>
        reverify(
          operation,
          live.map((member) => scsiIdentity(member)),
          expected,
        ),
      )
      .catch((error: unknown) => {
        // They have just stopped answering. The new path is compared with what is recorded.
        if (!isBrickworkError(error, 'ERR_IDENTITY_UNKNOWN')) throw error
      })
  const [first] = members.map((member) => scsiIdentity(member).shown)
  return { members, volume: first, expected }
}

/** Keys of the objects of the attachment that the host has now. A heal never removes these. */
export async function objectsThere(operation: Operation, transport: Transport): Promise<ReadonlySet<string>> {
  const there = operation.claim.entry.objects.map(async (object) => {
    if (object.kind === transport.own?.nexus.kind) return (await transport.place(operation, object.key)) !== undefined
    if (object.kind !== DISK) return true
    const disk = await diskOf(operation, transport, object)
    return disk !== undefined && isSameDisk(transport, object, disk)
  })
  const isThere = await Promise.all(there)
  return new Set(operation.claim.entry.objects.filter((_, index) => isThere[index]).map(({ key }) => key))
}
