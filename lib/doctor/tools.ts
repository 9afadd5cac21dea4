/** Programs of the host, and Brickwork's own native part. */
import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, problem, seen, warning } from '../operation/host-check.js'
import { findProgram, PROGRAM_FOLDERS } from '../linux/find-program.js'
import { viewOf } from './mounts-seen.js'

interface Tool {
  readonly id: string
  readonly programs: readonly string[]
  readonly title: string
  /** What is missing without it. */
  readonly without: string
  readonly package: string
}
const TOOLS: readonly Tool[] = [
  {
    id: 'tools.multipath',
    programs: ['multipath', 'multipathd'],
    title: 'multipath-tools are installed',
    without: 'volumes are attached over a single path',
    package: 'multipath-tools',
  },
  {
    id: 'tools.modprobe',
    programs: ['modprobe'],
    title: 'kernel modules can be loaded',
    without: 'kernel modules must be loaded before the first attach',
    package: 'kmod',
  },
  {
    id: 'tools.getent',
    programs: ['getent'],
    title: 'host names can be resolved',
    without: 'only addresses can be used, no host names',
    package: 'libc-bin',
  },
]

export const toolChecks: readonly HostCheck[] = [
  {
    id: 'tools.native',
    group: 'tools',
    title: "Brickwork's native part can be loaded",
    reads: 'the addon of this package',
    run: nativePart,
  },
  ...TOOLS.map(
    (tool): HostCheck => ({
      id: tool.id,
      group: 'tools',
      title: tool.title,
      reads: tool.programs.map((name) => `\`${name}\``).join(', '),
      run: async ({ host }) => await installed(host, tool),
    }),
  ),
  {
    id: 'tools.nsenter',
    group: 'tools',
    title: "programs can be run in the host's namespaces",
    reads: '`nsenter`, when the host has `namespaces`',
    run: (context) => Promise.resolve(enters(context)),
  },
]

async function installed(host: Host, { programs, without, package: name }: Tool): Promise<Finding> {
  const found = await Promise.all(programs.map((program) => findProgram(host, program)))
  const evidence = programs.map((program, index) => seen(program, found[index]))
  const missing = programs.filter((_, index) => found[index] === undefined)
  if (missing.length === 0) return ok(`${programs.join(' and ')} ${programs.length === 1 ? 'is' : 'are'} installed`, evidence)
  return warning(
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not installed: ${without}`,
    evidence,
    `Install ${name} (apt-get install ${name}; other distributions have similar names)`,
  )
}

/** Reads one file in native code: the smallest call that needs the addon. */
async function nativePart({ host, signal }: CheckContext): Promise<Finding> {
  try {
    await host.kernel.readChanged({ directory: '/sys/kernel', suffix: 'uevent_seqnum', since: undefined }, signal)
    return ok('The native addon is loaded')
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_NATIVE_UNAVAILABLE') && !isBrickworkError(error, 'ERR_UNSUPPORTED_PLATFORM')) throw error
    const lines = error.message.split('\n')
    // The last of several lines says what to do.
    const advice = lines.length > 1 ? lines.pop() : undefined
    return problem(
      error.code,
      'The native addon cannot be loaded',
      lines.map((line) => seen('addon', line)),
      advice ??
        'Compile it here (node node_modules/brickwork-storage/scripts/build.mjs), or name its folder (nativeDir, BRICKWORK_NATIVE_DIR)',
    )
  }
}

function enters({ host }: CheckContext): Finding {
  const { namespaces } = viewOf(host)
  if (namespaces === undefined) return ok('Programs run in the namespaces of this process')
  return note(
    `Programs run in the namespaces of process ${namespaces}, by nsenter of this container`,
    [seen('namespaces', namespaces)],
    `The container's image must contain nsenter (util-linux); the programs themselves come from ${PROGRAM_FOLDERS[0]} and so on of the host`,
  )
}
