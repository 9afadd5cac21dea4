import type { HostFacts } from './host-facts.js'

/**
 * Whether a kernel module is loaded, or installed for this kernel release. One that is built in counts as loaded: it has a directory in
 * sysfs too if it has parameters, as those that are queried here do.
 */
export async function moduleState(
  facts: HostFacts,
  kernel: string | undefined,
  module: string,
  directory: string,
): Promise<'loaded' | 'available' | 'none'> {
  if (await facts.exists(`/sys/module/${module}`)) return 'loaded'
  if (kernel === undefined) return 'none'
  const files = await facts.names(`/lib/modules/${kernel}/kernel/${directory}`)
  return files.some((name) => name.replace(/\.ko(\.(gz|xz|zst))?$/, '').replaceAll('-', '_') === module) ? 'available' : 'none'
}
