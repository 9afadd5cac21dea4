/**
 * Volumes in the wwids file of multipath-tools (multipath(8), `-a`; libmultipath/wwids.c). With `find_multipaths strict`, the default, only
 * they get maps.
 */
import type { Host } from '../../core/host.js'

/** Contains a line `/WWID/` for each volume. */
const FILE = '/etc/multipath/wwids'

/** Whether the wwids file contains the volume. */
export async function isKnownVolume(host: Host, wwid: string): Promise<boolean> {
  return ((await host.files.read(FILE)) ?? '').split('\n').includes(`/${wwid}/`)
}
/**
 * Adds the volume to the wwids file. A multipathd that starts or reloads its configuration removes every map that is not open and that it
 * would not create itself (multipathd/main.c, coalesce_maps). Returns `undefined` on success, otherwise the reason, such as for a
 * blacklisted volume.
 */
export async function makeKnown(host: Host, wwid: string, signal: AbortSignal): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await host.commands.run(['multipath', '-a', wwid], { signal, onAbort: 'kill' })
  if (exitCode === 0 || (await isKnownVolume(host, wwid))) return undefined
  return `multipath -a ends with ${exitCode}: ${(stderr.trim() || stdout.trim()).slice(0, 200)}`
}
/** Removes the volume. multipath-tools overwrites the beginning of its line with `#` (libmultipath/wwids.c, do_remove_wwid()). */
export async function makeUnknown(host: Host, wwid: string, signal: AbortSignal): Promise<void> {
  await host.commands.run(['multipath', '-w', wwid], { signal, onAbort: 'leave' })
}
