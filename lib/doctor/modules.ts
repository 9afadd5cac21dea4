/** The kernel modules that attaches over any transport need. */
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'
import { installedModules, moduleCheck, type WantedModule } from '../operation/module-check.js'

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
