/** A scan continues in the kernel after its caller has given it up. Its disk may appear after a release has searched for the disk. */
import { scanLun } from '../../linux/scsi/scan.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { Transport } from '../transport.js'
import { lunOf, nexusKeyOf } from './objects.js'

/** Whether the operation ended during its scan for the disk. The disk may then still appear, although it is absent now. */
export const isInterrupted = ({ origin }: HostObject): boolean => origin === 'intended'

/** Whether the nexus stays, as far as the claims show, and with it a late disk. When a nexus goes, the kernel removes all of its disks. */
export async function nexusStays(operation: Operation, key: string): Promise<boolean> {
  if (await operation.claim.mayBeShared(key)) return true
  const goes = operation.claim.entry.objects.some((object) => object.key === key && object.origin !== 'found')
  return !goes
}

/**
 * Waits until the interrupted scan is over, by a second scan. The kernel runs one scan at a time on a SCSI host, so the second one ends
 * last.
 */
export async function awaitScan(operation: Operation, transport: Transport, object: HostObject): Promise<void> {
  const nexus = await transport.nexus(operation, nexusKeyOf(object))
  if (nexus === undefined) return
  const { place, guards, scanWaits } = nexus
  await operation.inTurn('scsi-host', String(place.host), () =>
    scanLun(operation.host, { ...place, lun: lunOf(object) }, guards, operation.signal, scanWaits),
  )
}
