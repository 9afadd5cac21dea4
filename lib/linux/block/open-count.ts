/** Compares device-mapper's open count with the users that were found, to detect openers that no file of the host names. */
import type { Host } from '../../core/host.js'
import type { Holder } from '../../api/attachment.js'
import type { BlockDevice } from './device.js'
import type { Found, Leads } from './leads.js'

/**
 * Returns one unidentified holder when the device or a partition map is open more often than `found` explains. A process counts once for
 * each descriptor. device-mapper counts a descriptor that two processes share only once. So a shared descriptor may hide another opener
 * from this check, but never from O_EXCL.
 * @param ownOpens how many times Brickwork itself has the device open.
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
  // With partition maps, Brickwork holds these, because they keep other programs from opening the device.
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
