/**
 * Disks of other programs that multipathd was told to forget, since they are not verified. The entry names them until multipathd may have them
 * again: when they are verified, or when the attachment is released.
 */
import { askedMultipathd, multipathdRuns } from '../linux/multipath/daemon.js'
import { mapOver } from '../linux/multipath/map.js'
import { readPathDevices } from '../linux/multipath/path-devices.js'
import type { HostObject } from '../operation/entry.js'
import { maybe, text } from '../operation/object-data.js'
import type { Operation } from '../operation/operation.js'
import { removePath } from './remove-path.js'

const EXCLUDED = 'excluded-path'

/** Tells multipathd to forget the disk, in a map or not, unless it is the last path of a map. */
export async function excludePath(operation: Operation, disk: string): Promise<void> {
  const { host, signal } = operation
  const map = await mapOver(host, disk, signal)
  if (map?.slaves.length === 1 || !(await multipathdRuns(host))) return
  await recordExcluded(operation, disk)
  await askedMultipathd(host, `del path ${disk}`, signal)
}
/** Takes the disk out of its map. As {@link excludePath}, but resolves when the map has it no longer. */
export async function takeOut(operation: Operation, disk: string): Promise<void> {
  await recordExcluded(operation, disk)
  await removePath(operation, disk)
}
/** Paths that the operation has excluded; with `disk`, that one alone. */
export function excludedPaths({ claim }: Operation, disk?: string): HostObject[] {
  return claim.entry.objects.filter(({ kind, data }) => kind === EXCLUDED && (disk === undefined || data['name'] === disk))
}
/** multipathd may have the disks again, if they are still there. */
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
