/**
 * Disks that Brickwork makes multipathd forget because they are not verified. The entry records them until multipathd may use them again:
 * after they are verified, or when the attachment is released.
 */
import { askedMultipathd, multipathdRuns } from '../linux/multipath/daemon.js'
import { mapOver } from '../linux/multipath/map.js'
import { readPathDevices } from '../linux/multipath/path-devices.js'
import type { HostObject } from '../operation/entry.js'
import { maybe, text } from '../operation/object-data.js'
import type { Operation } from '../operation/operation.js'
import { removePath } from './remove-path.js'

const EXCLUDED = 'excluded-path'

/** Makes multipathd forget the disk, whether it is in a map or not. Leaves the last path of a map alone. */
export async function excludePath(operation: Operation, disk: string): Promise<void> {
  const { host, signal } = operation
  const map = await mapOver(host, disk, signal)
  if (map?.slaves.length === 1 || !(await multipathdRuns(host))) return
  await recordExcluded(operation, disk)
  await askedMultipathd(host, `del path ${disk}`, signal)
}
/** Removes the disk from its map. Like {@link excludePath}, but resolves when the disk has left the map. */
export async function takeOut(operation: Operation, disk: string): Promise<void> {
  await recordExcluded(operation, disk)
  await removePath(operation, disk)
}
/** The paths that this attachment excluded; with `disk`, only that one. */
export function excludedPaths({ claim }: Operation, disk?: string): HostObject[] {
  return claim.entry.objects.filter(({ kind, data }) => kind === EXCLUDED && (disk === undefined || data['name'] === disk))
}
/** Lets multipathd use the disks again, if they still exist. */
export async function giveBack(operation: Operation, excluded: readonly HostObject[]): Promise<void> {
  const { host, signal, claim } = operation
  for (const { key, data } of excluded) {
    const [now] = await readPathDevices(host, [text(data, 'name')], signal)
    if (now !== undefined && now.diskseq === maybe(data, 'diskseq') && (await multipathdRuns(host)))
      await askedMultipathd(host, `add path ${now.name}`, signal)
    await claim.disown(key)
  }
}

async function recordExcluded({ host, signal, claim }: Operation, disk: string): Promise<void> {
  const [now] = await readPathDevices(host, [disk], signal)
  const data = { name: disk, diskseq: now?.diskseq ?? null }
  await claim.own({ kind: EXCLUDED, key: `${EXCLUDED} ${disk} ${data.diskseq ?? ''}`, origin: 'created', data })
}
