/** Kernel modules: loaded, built in, or at least installed for the kernel that runs. */
import type { Host } from '../core/host.js'
import type { ErrorCode } from '../core/errors.js'
import {
  type CheckContext,
  type Fact,
  type Finding,
  type HostCheck,
  note,
  ok,
  problem,
  seen,
  unknown,
  warning,
} from '../operation/host-check.js'

export interface WantedModule {
  /** `sd_mod` */
  readonly name: string
  /** What does not work without it. */
  readonly without: string
  /** Code of the error that every attach ends with; absent: attaches work without it. */
  readonly code?: ErrorCode
  /** Advice other than to install the kernel's modules. */
  readonly advice?: string
}
const WANTED: readonly WantedModule[] = [
  { name: 'sd_mod', without: 'SCSI disks get no block device', code: 'ERR_TIMEOUT' },
  { name: 'sg', without: 'the identity of disks that existed before cannot be verified' },
  { name: 'dm_multipath', without: 'there are no multipath maps, and volumes are attached over a single path' },
]

export const moduleChecks: readonly HostCheck[] = [
  ...WANTED.map((wanted) => moduleCheck('modules', wanted)),
  {
    id: 'modules.directory',
    group: 'modules',
    title: 'the modules of the running kernel are installed',
    reads: '`/lib/modules/RELEASE`',
    run: moduleDirectory,
  },
  {
    id: 'modules.blocked',
    group: 'modules',
    title: 'no module is blocked by the configuration',
    reads: '`/etc/modprobe.d`',
    run: blockedModules,
  },
]

/** A check of one module, also for connectors. */
export function moduleCheck(group: string, wanted: WantedModule): HostCheck {
  return {
    id: `${group}.${wanted.name.replaceAll('_', '-')}`,
    group,
    title: `the kernel module ${wanted.name} is available`,
    reads: `\`/sys/module/${wanted.name}\`, \`modules.dep\`, \`modules.builtin\``,
    run: (context) => moduleState(context, wanted),
  }
}

interface Installed {
  readonly directory: string
  readonly isThere: boolean
  /** Names with `_`. */
  readonly loadable: ReadonlySet<string>
  readonly builtIn: ReadonlySet<string>
}
const installedModules: Fact<Installed> = async ({ host }) => {
  const release = await host.files.read('/proc/sys/kernel/osrelease')
  const directory = await moduleFolder(host, release ?? '')
  const [loadable, builtIn] = await Promise.all(['modules.dep', 'modules.builtin'].map((name) => host.files.read(`${directory}/${name}`)))
  return { directory, isThere: loadable !== undefined || builtIn !== undefined, loadable: modulesIn(loadable), builtIn: modulesIn(builtIn) }
}
/** NixOS keeps modules elsewhere. */
async function moduleFolder(host: Host, release: string): Promise<string> {
  for (const root of ['/lib/modules', '/run/booted-system/kernel-modules/lib/modules'])
    if ((await host.files.stat(`${root}/${release}`)) !== undefined) return `${root}/${release}`
  return `/lib/modules/${release}`
}
/** `kernel/drivers/scsi/iscsi_tcp.ko.xz: kernel/drivers/scsi/libiscsi_tcp.ko.xz …` */
function modulesIn(text: string | undefined): ReadonlySet<string> {
  const names = (text ?? '').matchAll(/^[^\s:]*?([^/\s:]+)\.ko(?:\.[a-z]+)?(?=:|$)/gm)
  return new Set([...names].map(([, name = '']) => name.replaceAll('-', '_')))
}

async function moduleState(context: CheckContext, { name, without, code, advice }: WantedModule): Promise<Finding> {
  const file = `/sys/module/${name}`
  if ((await context.host.files.stat(file)) !== undefined) return ok(`${name} is loaded`, [seen(file, 'present')])
  const { directory, isThere, loadable, builtIn } = await context.once(installedModules)
  if (builtIn.has(name)) return ok(`${name} is built into the kernel`, [seen(`${directory}/modules.builtin`, name)])
  if (loadable.has(name))
    return ok(`${name} is installed, and is loaded when it is needed`, [seen(file, undefined), seen(`${directory}/modules.dep`, name)])
  const evidence = [seen(file, undefined), seen(directory, isThere ? `no ${name}` : undefined)]
  if (!isThere) return unknown(`${name} is not loaded, and the modules of this kernel cannot be seen`, evidence)
  const todo =
    advice ?? `Install the package with the kernel's modules (linux-modules-extra, kernel-modules-extra), then load it (modprobe ${name})`
  const summary = `${name} is neither loaded nor installed: ${without}`
  return code === undefined ? warning(summary, evidence, todo) : problem(code, summary, evidence, todo)
}

async function moduleDirectory(context: CheckContext): Promise<Finding> {
  const { directory, isThere, loadable, builtIn } = await context.once(installedModules)
  if (isThere) return ok(`${loadable.size} modules are installed`, [seen(directory, `${loadable.size} modules, ${builtIn.size} built in`)])
  const others = await context.host.files.list('/lib/modules')
  const evidence = [seen(directory, undefined), seen('/lib/modules', others.join(' ') || 'empty')]
  return others.length === 0
    ? note('No modules are installed: everything must be built into the kernel or loaded already', evidence)
    : warning(
        'The modules of the running kernel are gone: the kernel was upgraded',
        evidence,
        'Reboot, so that modules can be loaded again',
      )
}

const CONFIGURATION = ['/etc/modprobe.d', '/run/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'] as const
const USED = ['iscsi_tcp', 'libiscsi', 'scsi_transport_iscsi', 'sd_mod', 'sg', 'dm_multipath', 'dm_mod']

/** `install NAME /bin/false` blocks a module. `blacklist NAME` blocks only its automatic loading (modprobe.d(5)). */
async function blockedModules({ host }: CheckContext): Promise<Finding> {
  const evidence: { source: string; value: string; loaded: boolean }[] = []
  for (const folder of CONFIGURATION) {
    for (const name of (await host.files.list(folder)).filter((each) => each.endsWith('.conf'))) {
      const path = `${folder}/${name}`
      const text = (await host.files.read(path)) ?? ''
      for (const [line, module = ''] of text.matchAll(/^[ \t]*install[ \t]+(\S+)[ \t]+(?:\/usr)?\/s?bin\/(?:false|true|nologin)\b.*$/gm)) {
        const used = module.replaceAll('-', '_')
        if (!USED.includes(used)) continue
        evidence.push({ ...seen(path, line.trim()), loaded: (await host.files.stat(`/sys/module/${used}`)) !== undefined })
      }
    }
  }
  const shown = evidence.map(({ source, value }) => ({ source, value }))
  if (shown.length === 0)
    return ok('No module that attaches need is blocked', [seen(CONFIGURATION[0], 'no install line for these modules')])
  return evidence.every(({ loaded }) => loaded)
    ? note('Modules are blocked, but they are loaded already', shown, 'Remove the lines before the next boot')
    : warning('Modules that attaches need are blocked', shown, `Remove the lines (${shown.map(({ source }) => source).join(', ')})`)
}
