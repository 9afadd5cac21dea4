/** Volumes that multipath-tools know (multipath(8), `-a`; libmultipath/wwids.c): with `find_multipaths strict`, as shipped, only they have maps. */
import type { Host } from '../../core/host.js'

/** A line `/WWID/` for each. */
const FILE = '/etc/multipath/wwids'

/** Whether they know the volume. */
export async function isKnownVolume(host: Host, wwid: string): Promise<boolean> {
  return ((await host.files.read(FILE)) ?? '').split('\n').includes(`/${wwid}/`)
}
/**
 * Has them know the volume. A multipathd that starts, or reads its configuration anew, takes away every map that nobody has open and that it
 * would not make itself (multipathd/main.c, coalesce_maps). `undefined`: they do; else what they say against it, as for a volume of the blacklist.
 */
export async function makeKnown(host: Host, wwid: string, signal: AbortSignal): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await host.commands.run(['multipath', '-a', wwid], { signal, onAbort: 'kill' })
  if (exitCode === 0 || (await isKnownVolume(host, wwid))) return undefined
  return `multipath -a ends with ${exitCode}: ${(stderr.trim() || stdout.trim()).slice(0, 200)}`
}
/** Has them forget it. They write a `#` over the beginning of its line (libmultipath/wwids.c, do_remove_wwid()). */
export async function makeUnknown(host: Host, wwid: string, signal: AbortSignal): Promise<void> {
  await host.commands.run(['multipath', '-w', wwid], { signal, onAbort: 'leave' })
}
