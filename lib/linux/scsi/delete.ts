import type { Guard, Host, WriteOutcome } from '../../core/host.js'

/** A SCSI disk that was proven to be the one meant, by what can't change under its name. */
export interface DiskHandle {
  readonly directory: string
  readonly name: string
  readonly kernelWwid: string | undefined
  readonly diskseq: string | undefined
}

/**
 * Removes the SCSI device if it still is the one of the handle. The kernel does not look for openers, and flushes the device's cache
 * first, which may wait for ever: the write is done by a helper process.
 */
export async function deleteDisk(host: Host, disk: DiskHandle, signal: AbortSignal): Promise<WriteOutcome> {
  const guards: Guard[] = []
  if (disk.kernelWwid !== undefined) guards.push({ attribute: 'wwid', equals: disk.kernelWwid })
  if (disk.diskseq !== undefined) guards.push({ attribute: `block/${disk.name}/diskseq`, equals: disk.diskseq })
  return await host.kernel.write({ directory: disk.directory, guards, attribute: 'delete', value: '1', waits: 'unbounded' }, signal)
}
