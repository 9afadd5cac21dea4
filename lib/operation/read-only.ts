/**
 * Devices that Brickwork made read-only (BLKROSET, block/ioctl.c). The claim records each device first, so that the last attachment of the
 * device can make it writable again, also after a crash.
 */
import { type BlockDevice, readBlockDevice } from '../linux/block/device.js'
import type { HostObject } from './entry.js'
import { maybe, text } from './object-data.js'
import type { Operation } from './operation.js'

const READ_ONLY = 'read-only'
export function isReadOnlyObject({ key }: Pick<HostObject, 'key'>): boolean {
  return key.startsWith(`${READ_ONLY} `)
}

/** Does not record a device that its driver or another program made read-only: it stays so after the detach. */
export async function setReadOnly(operation: Operation, { name }: BlockDevice): Promise<void> {
  const { host, signal, claim } = operation
  const device = await readBlockDevice(host, name, signal)
  if (device === undefined) return
  const object = objectOf(device)
  await operation.locked(object.key, async () => {
    const now = await readBlockDevice(host, name, signal)
    if (now?.readOnly === true && (await claim.originOf(object.key)) === 'found') return
    await claim.own(object)
    await host.kernel.setReadOnly({ device: `/dev/${name}`, readOnly: true, diskseq: device.diskseq }, signal)
  })
  for (const partition of await partitionMaps(operation, device)) await setReadOnly(operation, partition)
}

/** Makes devices writable again, unless another attachment needs them read-only. Safe to repeat. */
export async function undoReadOnly(operation: Operation): Promise<void> {
  const { host, signal, claim } = operation
  for (const object of claim.entry.objects.filter(isReadOnlyObject)) {
    await operation.locked(object.key, async () => {
      const shared = (await claim.others(object.key)).length > 0
      const device = shared ? undefined : await readBlockDevice(host, text(object.data, 'name'), signal)
      if (device !== undefined && objectOf(device).key === object.key) {
        claim.requireClear(object.key)
        const diskseq = maybe(object.data, 'diskseq')
        await host.kernel.setReadOnly({ device: `/dev/${device.name}`, readOnly: false, diskseq }, signal)
      }
      await claim.disown(object.key)
    })
  }
}

/** kpartx creates a map for each partition (uuid `part1-mpath-…`). Writes to it bypass the map below. */
async function partitionMaps({ host, signal }: Operation, { dm, holders }: BlockDevice): Promise<BlockDevice[]> {
  if (dm === undefined) return []
  const above = await Promise.all(holders.map((holder) => readBlockDevice(host, holder, signal)))
  return above.filter((each) => each?.dm?.uuid.endsWith(`-${dm.uuid}`) === true) as BlockDevice[]
}

function objectOf({ name, diskseq, kernelWwid, dm }: BlockDevice): HostObject {
  const which = diskseq ?? kernelWwid ?? dm?.uuid ?? ''
  return { kind: READ_ONLY, key: `read-only ${name} ${which}`, origin: 'created', data: { name, diskseq: diskseq ?? null } }
}
