import type { ScsiReply, ScsiRequest } from '../../core/host.js'
import { kernelError } from '../errno.js'
import type { Base } from '../machine/base.js'
import { answer, hostFailure } from '../scsi/commands.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'

/** The kernel has given up the device. */
const DID_NO_CONNECT = 1
/** The port stops polling so much later than the command's own time-out. */
const POLL_GRACE_MS = 500

/** Sends a command through an sg node. The LUN answers as it is now, not as the kernel read it. */
export async function sendScsi(base: Base, scsi: ScsiKernel, { device, cdb, length, timeoutMs }: ScsiRequest): Promise<ScsiReply> {
  const node = base.tree.find(device)?.node
  const disk = node?.kind === 'device' ? scsi.diskOfGeneric(Number(/^21:([0-9]+)$/.exec(node.device)?.[1])) : undefined
  if (disk === undefined) throw kernelError('ENOENT', 'open', device)
  await base.wait(base.settings.delays.scsi)
  if (!disk.present) throw kernelError('ENODEV', 'read', device)
  if (disk.state === 'offline' || disk.state === 'transport-offline') return hostFailure(DID_NO_CONNECT)
  if (disk.state !== 'running' || !disk.nexus.answers()) {
    await new Promise<void>((resolve) => base.after(timeoutMs + POLL_GRACE_MS, resolve))
    throw kernelError('ETIMEDOUT', 'poll', device)
  }
  const reply = answer(disk.nexus, disk.lun, cdb)
  if (reply === undefined) throw base.ledger.unknown(`the SCSI command ${Buffer.from(cdb).toString('hex')}`)
  if (disk.nexus.carries?.(reply.data.length) === false) {
    await new Promise<void>((resolve) => base.after(timeoutMs + POLL_GRACE_MS, resolve))
    throw kernelError('ETIMEDOUT', 'poll', device)
  }
  return { ...reply, data: reply.data.slice(0, length) }
}
