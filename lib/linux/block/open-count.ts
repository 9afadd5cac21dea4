/** device-mapper's own count of who has a device open: a second witness, for openers that no file of the host names. */
import type { Host } from '../../core/host.js'
import type { Holder } from '../../api/attachment.js'
import type { BlockDevice } from './device.js'
import type { Found, Leads } from './leads.js'

/**
 * One for each device-mapper device that is open more often than what was found explains. A process counts once for each descriptor; a descriptor
 * that two processes share counts once in device-mapper, so that a shared one may hide another opener from this look, never from O_EXCL.
 * @param ownOpens how often we have it open ourselves.
 */
export async function unexplainedOpens(
  host: Host,
  device: BlockDevice,
  { partitionMaps }: Leads,
  found: readonly Found[],
  ownOpens: number,
  signal: AbortSignal,
): Promise<Holder[]> {
  if (device.dm === undefined || device.dm.uuid === '') return []
  const { uuid } = device.dm
  const mapped = [{ device: device.device, uuid, below: partitionMaps.length }, ...partitionMaps.map((map) => ({ ...map, below: 0 }))]
  // Our own hold is of the partition maps, where there are some: they keep everybody else out of the device.
  const own = (index: number) => (partitionMaps.length === 0 || index > 0 ? ownOpens : 0)
  const unexplained = await Promise.all(
    mapped.map(async (each, index): Promise<Holder[]> => {
      const status = await host.kernel.deviceMapper({ uuid: each.uuid, command: 'status' }, signal)
      const explained = each.below + own(index) + opensOf(found, each.device)
      return (status?.openCount ?? 0) > explained ? [{ kind: 'unidentified' }] : []
    }),
  )
  return unexplained.flat().slice(0, 1)
}
function opensOf(found: readonly Found[], device: string): number {
  return found.reduce((sum, { on, opens }) => sum + (on === device ? opens : 0), 0)
}
