/** A scan that nobody waits for any more goes on in the kernel: the disk may come after it was looked for. */
import type { HostObject } from '../../operation/entry.js'
import type { Operation } from '../../operation/operation.js'
import { placeOfSession, readSession } from '../../linux/iscsi/session.js'
import { scanLun } from '../../linux/scsi/scan.js'
import { SESSION } from '../../connectors/iscsi/objects.js'
import { number, text } from '../../operation/object-data.js'

/** Whether the disk was about to be scanned for when the operation ended, so that its absence says nothing. */
export const isInterrupted = ({ origin }: HostObject): boolean => origin === 'making'

/** Whether the session is there and stays, as far as can be seen, and with it a disk that is late. One that goes takes every disk along. */
export async function sessionStays(operation: Operation, session: number): Promise<boolean> {
  const key = `session ${session}`
  if ((await operation.othersOf(key)).length > 0) return true
  const goes = operation.entry.objects.some((object) => object.kind === SESSION && object.key === key && object.origin !== 'found')
  return !goes
}

/** The kernel scans a SCSI host one scan at a time: when it has answered another one, the interrupted one is over. */
export async function awaitScan(operation: Operation, { data }: HostObject): Promise<void> {
  const { host, signal } = operation
  const session = await readSession(host, number(data, 'session'), signal)
  const place = session === undefined ? undefined : await placeOfSession(host, session.id)
  if (session === undefined || place === undefined) return
  await operation.inTurn('scsi-host', String(place.hostNumber), () => scanLun(host, session, place, BigInt(text(data, 'lun')), signal))
}
