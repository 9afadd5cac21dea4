/** The check of one kernel module: loaded, built in, or at least installed for the kernel that runs. */
import type { Host } from '../core/host.js'
import type { ErrorCode } from '../core/errors.js'
import { type CheckContext, type Fact, type Finding, type HostCheck, ok, problem, seen, unknown, warning } from './host-check.js'

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
/** The id has the name with `-`. */
export function moduleCheck(group: string, wanted: WantedModule): HostCheck {
  return {
    id: `${group}.${wanted.name.replaceAll('_', '-')}`,
    group,
    title: `the kernel module ${wanted.name} is available`,
    reads: `\`/sys/module/${wanted.name}\`, \`modules.dep\`, \`modules.builtin\``,
    run: (context) => moduleState(context, wanted),
  }
}

export interface InstalledModules {
  readonly directory: string
  readonly isThere: boolean
  /** Names with `_`. */
  readonly loadable: ReadonlySet<string>
  readonly builtIn: ReadonlySet<string>
}
export const installedModules: Fact<InstalledModules> = async ({ host }) => {
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
/** `kernel/drivers/scsi/sg.ko.xz: kernel/drivers/scsi/scsi_mod.ko.xz …` */
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
