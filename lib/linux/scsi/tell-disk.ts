/** Requests to the kernel about one SCSI disk, guarded by its identity. Both may wait for the device, so a helper process sends them. */
import type { Guard, Host, WriteOutcome } from '../../core/host.js'

/** A SCSI disk whose identity is verified, with the attributes that can't change under its name. */
export interface DiskHandle {
  readonly directory: string
  readonly name: string
  readonly kernelWwid: string | undefined
  readonly diskseq: string | undefined
}

/** Removes the SCSI device. The kernel does not check for openers. It flushes the device's cache first, which may block forever. */
export async function deleteDisk(host: Host, disk: DiskHandle, signal: AbortSignal): Promise<WriteOutcome> {
  return await tell(host, disk, 'delete', signal)
}

/** Makes the kernel read size and identity pages again (drivers/scsi/scsi_sysfs.c, store_rescan_field). It has them when this returns. */
export async function rescanDisk(host: Host, disk: DiskHandle, signal: AbortSignal): Promise<WriteOutcome> {
  return await tell(host, disk, 'rescan', signal)
}

async function tell(host: Host, disk: DiskHandle, attribute: string, signal: AbortSignal): Promise<WriteOutcome> {
  const guards: Guard[] = []
  if (disk.kernelWwid !== undefined) guards.push({ attribute: 'wwid', equals: disk.kernelWwid })
  if (disk.diskseq !== undefined) guards.push({ attribute: `block/${disk.name}/diskseq`, equals: disk.diskseq })
  return await host.kernel.write({ directory: disk.directory, guards, attribute, value: '1', waits: 'unbounded' }, signal)
}
