/** Volumes that multipath-tools know (multipath(8), `-a`; libmultipath/wwids.c): with `find_multipaths strict`, as shipped, only they have maps. */
import type { Host } from '../../core/host.js'

/** A line `/WWID/` for each. */
const FILE = '/etc/multipath/wwids'

/**
 * Has them know the volume. A multipathd that starts, or reads its configuration anew, takes away every map that nobody has open and that it
 * would not make itself (multipathd/main.c, coalesce_maps). `undefined`: they do; else what they say against it, as for a volume of the blacklist.
 */
export async function makeKnown(host: Host, wwid: string, signal: AbortSignal): Promise<string | undefined> {
  if (((await host.files.read(FILE)) ?? '').split('\n').includes(`/${wwid}/`)) return undefined
  const { exitCode, stdout, stderr } = await host.commands.run(['multipath', '-a', wwid], { signal, onAbort: 'kill' })
  return exitCode === 0 ? undefined : `multipath -a ends with ${exitCode}: ${(stderr.trim() || stdout.trim()).slice(0, 200)}`
}
