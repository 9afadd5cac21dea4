import type { Host } from '../../core/host.js'

/**
 * Loads the sg module, so that disks have sg nodes. Through these a device can be asked for its identity without waiting for it. The disk
 * shows whether that worked: without a node, the identity of a disk that existed before can't be verified.
 */
export async function loadSgModule(host: Host, signal: AbortSignal): Promise<boolean> {
  if (seen.has(host)) return true
  if (!(await isSgLoaded(host))) {
    const { exitCode } = await host.commands.run(['modprobe', 'sg'], { signal, onAbort: 'leave' })
    return exitCode === 0
  }
  seen.add(host)
  return true
}
/** Hosts that had the module. It is hardly ever unloaded: a disk without a node shows that, and {@link reloadSgModule} loads it again. */
const seen = new WeakSet<Host>()

/** As {@link loadSgModule}, for a host with a disk that has no node. */
export async function reloadSgModule(host: Host, signal: AbortSignal): Promise<boolean> {
  const wasLoaded = seen.delete(host)
  return wasLoaded ? await loadSgModule(host, signal) : await isSgLoaded(host)
}

/** Whether disks get sg nodes at all. */
export async function isSgLoaded(host: Host): Promise<boolean> {
  return (await host.files.stat('/sys/class/scsi_generic')) !== undefined
}
