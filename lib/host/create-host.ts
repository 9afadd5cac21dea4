/** Implements the ports on the real machine. */
import { basename } from 'node:path'

import { harmlessLog } from '../core/harmless-log.js'
import { scsiHostIn } from '../core/helper-places.js'
import type { Host, Log } from '../core/host.js'
import { realClock } from './clock.js'
import { createCommands } from './commands.js'
import { createEvents } from './events.js'
import { RootedFiles } from './files.js'
import { HelperPool } from './helper-pool.js'
import { HelperProcess } from './helper-process.js'
import { createHelpers } from './helpers.js'
import { createKernel } from './kernel.js'
import { createLocks } from './locks.js'
import { silentLog } from './log.js'
import { namespacesOf } from './namespaces.js'
import { helperProgram, loadAddon } from './native-loader.js'
import { createPaths } from './paths.js'
import { rootsBelow } from './roots.js'

export interface HostOptions {
  /** Where the host's root directory is mounted; default `/`, which is this process's own. */
  readonly root?: string
  /**
   * Process of the host whose namespaces the host's programs and daemons are in: 1 in a container. Default: the namespaces of this process.
   */
  readonly namespaces?: { readonly pid: number }
  readonly log?: Log
}
export interface RealHost extends Host {
  readonly files: RootedFiles
}

/** Cheap: touches nothing on the machine and loads no native code until a port is used. */
export function createHost(options: HostOptions = {}): RealHost {
  const roots = rootsBelow(options.root ?? '/')
  const paths = createPaths(roots)
  const namespaces = options.namespaces === undefined ? undefined : namespacesOf(roots.proc, options.namespaces.pid)
  const netns = namespaces?.net
  const log = options.log === undefined ? silentLog : harmlessLog(options.log)
  const files = new RootedFiles(paths, loadAddon)
  const hostOf = async (device: string) => scsiHostIn((await paths.resolve(`/sys/class/block/${basename(device)}/device`)) ?? '')
  const helpers = createHelpers(new HelperPool(() => new HelperProcess([helperProgram()])), log, hostOf)
  return {
    files,
    commands: createCommands(namespaces),
    kernel: createKernel({ addon: loadAddon, helpers, paths, netns }),
    events: createEvents({ addon: loadAddon, netns }),
    locks: createLocks({ addon: loadAddon, files, paths, clock: realClock }),
    clock: realClock,
    log,
  }
}
