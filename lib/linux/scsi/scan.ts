import { BrickworkError } from '../../core/errors.js'
import type { Host, WriteOutcome } from '../../core/host.js'
import type { Session, SessionPlace } from '../iscsi/session.js'

/**
 * Asks the kernel to look at exactly one LUN of one session, and nothing else. Returns when the kernel knows whether it is there: a
 * scsi_device exists then, its disk a few milliseconds later. On a session that isn't logged in the kernel does nothing.
 */
export async function scanLun(host: Host, session: Session, place: SessionPlace, lun: bigint, signal: AbortSignal): Promise<WriteOutcome> {
  return await host.kernel.write(
    {
      directory: `/sys/class/scsi_host/host${place.hostNumber}`,
      // Host numbers are given out again at once: without the guard a scan could reach the next session of that number.
      guards: [{ attribute: `device/session${session.id}/iscsi_session/session${session.id}/targetname`, equals: session.target }],
      attribute: 'scan',
      value: `0 0 ${scanText(lun)}`,
      waits: 'bounded',
    },
    signal,
  )
}

/** The kernel reads 16 characters of the number at most, in any base of C. */
const MOST = 16
function scanText(lun: bigint): string {
  const text = [String(lun), `0x${lun.toString(16)}`].find(({ length }) => length <= MOST)
  if (text !== undefined) return text
  throw new BrickworkError('ERR_UNSUPPORTED', `LUN ${lun} is too large for a scan of one LUN: the kernel reads ${MOST} characters of it`)
}
