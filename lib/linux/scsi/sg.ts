import type { Host } from '../../core/host.js'

/**
 * Loads the sg module, so that disks have sg nodes. Through these a device can be asked for its identity without waiting for it. The disk
 * shows whether that worked: without a node, the identity of a disk that existed before can't be verified.
 */
export async function loadSgModule(host: Host, signal: AbortSignal): Promise<boolean> {
  if (await isSgLoaded(host)) return true
  const { exitCode } = await host.commands.run(['modprobe', 'sg'], { signal, onAbort: 'leave' })
  return exitCode === 0
}

/** Whether disks get sg nodes at all. */
export async function isSgLoaded(host: Host): Promise<boolean> {
  return (await host.files.stat('/sys/class/scsi_generic')) !== undefined
}
