/** Implements the ports on the real machine. */
import { machine } from 'node:os'
import { basename } from 'node:path'

import { type OptionKinds, requireKnownOptions } from '../core/known-options.js'
import { harmlessLog } from '../core/harmless-log.js'
import { silentLog } from '../core/silent-log.js'
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
import { createLockView } from './lock-view.js'
import { namespacesOf } from './namespaces.js'
import { helperProgram, loadAddon } from './native-loader.js'
import { createPaths } from './paths.js'
import { prioritize } from './priority.js'
import { rootsBelow } from './roots.js'

/** Options of {@link createHost}. */
export interface HostOptions {
  /**
   * Directory where the host's root file system is mounted, as a path of this process. In a container it is for example `/host`.
   * @default '/'
   */
  readonly root?: string | undefined
  /** Namespaces in which the host's programs run and its daemons are reached. Default: those of this process. */
  readonly namespaces?:
    | {
        /** Process of the host whose namespaces are used: 1 in a container. */
        readonly pid: number
      }
    | undefined
  /**
   * Folder of the native part, as a path of this process: a copy of `prebuilds` of this package, or of one folder in it. A bundle needs it.
   * Default: the environment variable `BRICKWORK_NATIVE_DIR`; without it, the folder of this package.
   */
  readonly nativeDir?: string | undefined
  /** Log of the host. Errors that it throws are ignored. Default: nothing is logged. */
  readonly log?: Log | undefined
}
/** The host that {@link createHost} returns. */
export interface RealHost extends Host {
  /** @internal */
  readonly files: RootedFiles
}

const kinds: OptionKinds<HostOptions> = { root: 'text', namespaces: 'any', nativeDir: 'text', log: 'any' }

/**
 * Returns this machine, or the host whose root file system is mounted in a container. It reads nothing of the host and loads no native code
 * until a call needs it.
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` for an option that is not known.
 */
export function createHost(options: HostOptions = {}): RealHost {
  requireKnownOptions(options, kinds, 'createHost()')
  if (options.namespaces !== undefined) requireKnownOptions(options.namespaces, { pid: 'any' }, 'createHost()', 'namespaces')
  const roots = rootsBelow(options.root ?? '/')
  const paths = createPaths(roots)
  const namespaces = options.namespaces === undefined ? undefined : namespacesOf(roots.proc, options.namespaces.pid)
  const netns = namespaces?.net
  const log = options.log === undefined ? silentLog : harmlessLog(options.log)
  const addon = () => loadAddon(options.nativeDir)
  const program = () => helperProgram(options.nativeDir)
  const files = new RootedFiles(paths, addon)
  const hostOf = async (device: string) => scsiHostIn((await paths.resolve(`/sys/class/block/${basename(device)}/device`)) ?? '')
  const helpers = createHelpers(new HelperPool(() => new HelperProcess([program()])), log, hostOf)
  const events = createEvents({ addon, netns })
  const lockView = createLockView({ files, paths, clock: realClock })
  return {
    files,
    commands: createCommands(namespaces),
    kernel: createKernel({ addon, helperProgram: program, helpers, paths, netns, events, noteOf: (user) => lockView.noteOf(user) }),
    events,
    locks: createLocks({ addon, files, paths, clock: realClock }),
    clock: realClock,
    architecture: machine(),
    log,
    prioritize: (nice) => prioritize(nice),
    view: { root: roots.rest, namespaces: options.namespaces?.pid },
  }
}
