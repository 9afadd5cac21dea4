/** The real machine, with a count of the calls that waited for a free helper or thread of the library. */
import { basename } from 'node:path'
import { scsiHostIn } from '../../../lib/core/helper-places.js'
import type { Host, Log } from '../../../lib/core/host.js'
import { HelperPool } from '../../../lib/host/helper-pool.js'
import { HelperProcess } from '../../../lib/host/helper-process.js'
import { createHelpers } from '../../../lib/host/helpers.js'
import { createKernel } from '../../../lib/host/kernel.js'
import { helperProgram, loadAddon } from '../../../lib/host/native-loader.js'
import { createPaths } from '../../../lib/host/paths.js'
import { rootsBelow } from '../../../lib/host/roots.js'
import { createHost } from '../../../lib/index.js'

export interface CountedHost {
  readonly host: Host
  /**
   * Counts since the start of the process: for the helpers, and for each lane of the addon except sysfs, which the kernel answers at once.
   */
  readonly waits: () => Readonly<Record<string, number>>
}

/** Builds the host like {@link createHost}. */
export function countedHost(log: Log): CountedHost {
  const paths = createPaths(rootsBelow('/'))
  const pool = new HelperPool(() => new HelperProcess([helperProgram()]))
  const hostOf = async (device: string) => scsiHostIn((await paths.resolve(`/sys/class/block/${basename(device)}/device`)) ?? '')
  const kernel = createKernel({ addon: loadAddon, helpers: createHelpers(pool, log, hostOf), paths, netns: undefined })
  const lanes = () => Object.entries(loadAddon().stats().lanes).filter(([lane]) => lane !== 'read')
  return {
    host: { ...createHost({ log }), kernel },
    waits: () => ({ helpers: pool.stats().waited, ...Object.fromEntries(lanes().map(([lane, { waited }]) => [lane, waited])) }),
  }
}
