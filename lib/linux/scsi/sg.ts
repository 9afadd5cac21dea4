import type { Host } from '../../core/host.js'

/**
 * Sees to it that disks have sg nodes, by which a device can be asked who it is without being waited for. Whether it worked is seen at the
 * disk: one without a node can't be proven if it was there before.
 */
export async function loadSgModule(host: Host, signal: AbortSignal): Promise<boolean> {
  if ((await host.files.stat('/sys/class/scsi_generic')) !== undefined) return true
  const { exitCode } = await host.commands.run(['modprobe', 'sg'], { signal, onAbort: 'leave' })
  return exitCode === 0
}
