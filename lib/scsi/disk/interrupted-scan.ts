/** A scan that nobody waits for any more goes on in the kernel: the disk may come after it was looked for. */
import { scanLun } from '../../linux/scsi/scan.js'
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import type { Transport } from '../transport.js'
import { lunOf, nexusKeyOf } from './objects.js'

/** Whether the disk was about to be scanned for when the operation ended, so that its absence says nothing. */
export const isInterrupted = ({ origin }: HostObject): boolean => origin === 'intended'

/** Whether the nexus stays, as far as can be seen, and with it a disk that is late. A nexus that goes takes every disk along. */
export async function nexusStays(operation: Operation, key: string): Promise<boolean> {
  if (await operation.claim.mayBeShared(key)) return true
  const goes = operation.claim.entry.objects.some((object) => object.key === key && object.origin !== 'found')
  return !goes
}

/** The kernel scans a SCSI host one scan at a time: when it has answered another one, the interrupted one is over. */
export async function awaitScan(operation: Operation, transport: Transport, object: HostObject): Promise<void> {
  const nexus = await transport.nexus(operation, nexusKeyOf(object))
  if (nexus === undefined) return
  const { place, guards } = nexus
  await operation.inTurn('scsi-host', String(place.host), () =>
    scanLun(operation.host, { ...place, lun: lunOf(object) }, guards, operation.signal),
  )
}
