/** The `Commands` port: runs programs of the host, in the host's namespaces when Brickwork runs in a container. */
import { BrickworkError } from '../core/errors.js'
import type { CommandResult, Commands } from '../core/host.js'
import { until } from '../core/signal.js'
import { type Child, startChild } from './child.js'
import { errnoOf, systemError } from './errors.js'
import { enterFailure, enterArguments, type NamespaceFiles } from './namespaces.js'

export function createCommands(namespaces?: NamespaceFiles): Commands {
  return {
    async run(argv, { signal, input, onAbort }) {
      signal.throwIfAborted()
      const full: readonly [string, ...string[]] = namespaces === undefined ? argv : [...enterArguments(namespaces), ...argv]
      const child = start(full, input)
      try {
        const result = await until(child.ended, signal)
        if (namespaces !== undefined) throwIfNotEntered(argv[0], result)
        return result
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw startError(full[0], error)
        child[onAbort]()
        throw error
      }
    },
  }
}

function start(argv: readonly [string, ...string[]], input: string | undefined): Child {
  try {
    return startChild(argv, input)
  } catch (error) {
    // Node.js's message contains the argument, which may be a secret.
    if (error instanceof TypeError)
      throw new BrickworkError('ERR_INVALID_ARGUMENT', `An argument of ${argv[0]} contains a NUL byte or is invalid`)
    throw systemError(error, argv[0])
  }
}

function startError(program: string, error: unknown): Error {
  return errnoOf(error) === 'ENOENT' ? toolMissing(program) : systemError(error, program)
}

function throwIfNotEntered(program: string, result: CommandResult): void {
  const failure = enterFailure(result)
  if (failure === 'no-program') throw toolMissing(program)
  if (failure === 'no-namespace') {
    throw new BrickworkError(
      'ERR_PERMISSION',
      `Cannot enter the host's namespaces to run ${program}: run the container privileged, with the host's /proc mounted below the root`,
      { details: { program, stderr: result.stderr.slice(0, 500) } },
    )
  }
}

/** Debian's package names. Those of other distributions are the same or similar. */
const packages: ReadonlyMap<string, string> = new Map([
  ['iscsiadm', 'open-iscsi'],
  ['iscsid', 'open-iscsi'],
  ['iscsi-iname', 'open-iscsi'],
  ['multipath', 'multipath-tools'],
  ['multipathd', 'multipath-tools'],
  ['kpartx', 'kpartx'],
  ['dmsetup', 'dmsetup'],
  ['nvme', 'nvme-cli'],
  ['nsenter', 'util-linux'],
  ['lsblk', 'util-linux'],
  ['blkid', 'util-linux'],
  ['findmnt', 'util-linux'],
  ['modprobe', 'kmod'],
  ['udevadm', 'udev'],
  ['systemctl', 'systemd'],
  ['sg_inq', 'sg3-utils'],
])

function toolMissing(program: string): BrickworkError {
  const name = program.slice(program.lastIndexOf('/') + 1)
  const pack = packages.get(name)
  const advice = pack === undefined ? 'install it' : `install the package ${pack} (apt-get install ${pack})`
  return new BrickworkError('ERR_TOOL_MISSING', `${name} is not on this host: ${advice}`, {
    details: { program, ...(pack === undefined ? {} : { package: pack }) },
  })
}
