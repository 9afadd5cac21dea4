/** The rules of udev that links, multipath and LVM depend on. */
import type { Host } from '../core/host.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'
import { findProgram } from '../linux/find-program.js'

/** systemd, udev(7). A file in an earlier folder replaces those of the same name. */
const FOLDERS = ['/etc/udev/rules.d', '/run/udev/rules.d', '/usr/lib/udev/rules.d', '/lib/udev/rules.d'] as const

interface Rule {
  readonly pattern: RegExp
  readonly name: string
  readonly effect: string
  /** Needed only with this program. */
  readonly program?: string
}
const RULES: readonly Rule[] = [
  { pattern: /^60-persistent-storage\.rules$/, name: '60-persistent-storage.rules', effect: 'devices get no links in /dev/disk' },
  {
    pattern: /^[0-9]+-.*multipath.*\.rules$/,
    name: '60-multipath.rules',
    effect: 'multipathd does not claim paths',
    program: 'multipathd',
  },
  {
    // Of kpartx, which multipath-tools depend on.
    pattern: /^68-del-part-nodes\.rules$/,
    name: '68-del-part-nodes.rules',
    effect: 'partitions of paths stay beside those of their map',
    program: 'multipathd',
  },
  { pattern: /^69-(dm-)?lvm.*\.rules$/, name: '69-lvm.rules', effect: 'LVM finds no volume groups', program: 'lvm' },
]

export const udevChecks: readonly HostCheck[] = [
  {
    id: 'udev.rules',
    group: 'udev',
    title: 'the rules that attaches depend on are installed',
    reads: '`/usr/lib/udev/rules.d`, `/etc/udev/rules.d`',
    run: rules,
  },
  {
    id: 'udev.replaced-rules',
    group: 'udev',
    title: 'no such rule is switched off',
    reads: '`/etc/udev/rules.d`',
    run: replacedRules,
  },
]

async function rules({ host }: CheckContext): Promise<Finding> {
  const names = (await Promise.all(FOLDERS.map((folder) => host.files.list(folder)))).flat()
  if (names.length === 0)
    return note(
      'No rules of udev are installed, or they are in another place',
      FOLDERS.map((folder) => seen(folder, 'empty')),
    )
  const wanted = await neededRules(host)
  const missing = wanted.filter(({ pattern }) => !names.some((name) => pattern.test(name)))
  const evidence = wanted.map((rule) =>
    seen(
      rule.name,
      names.find((name) => rule.pattern.test(name)),
    ),
  )
  return missing.length === 0
    ? ok('The rules of udev are installed', evidence)
    : warning(
        `Rules of udev are missing: ${missing.map(({ name, effect }) => `${name} (${effect})`).join(', ')}`,
        evidence,
        'Install the packages that bring them (udev, multipath-tools, kpartx, lvm2) again',
      )
}
async function neededRules(host: Host): Promise<readonly Rule[]> {
  const needed = RULES.map(async (rule) =>
    rule.program === undefined || (await findProgram(host, rule.program)) !== undefined ? [rule] : [],
  )
  return (await Promise.all(needed)).flat()
}

/** An empty file, or a link to /dev/null, in /etc switches the shipped file off. */
async function replacedRules({ host }: CheckContext): Promise<Finding> {
  const [folder] = FOLDERS
  const names = (await host.files.list(folder)).filter((name) => RULES.some(({ pattern }) => pattern.test(name)))
  const off = await Promise.all(
    names.map(async (name) => {
      const path = `${folder}/${name}`
      if ((await host.files.readLink(path)) === '/dev/null') return [seen(path, 'a link to /dev/null')]
      return (await host.files.read(path))?.trim() === '' ? [seen(path, 'empty')] : []
    }),
  )
  const evidence = off.flat()
  if (evidence.length > 0)
    return warning(
      'Shipped rules of udev are switched off',
      evidence,
      `Unless that is wanted, remove them (rm ${evidence.map(({ source }) => source).join(' ')}; udevadm control --reload)`,
    )
  return names.length === 0
    ? ok('No shipped rule is replaced', [seen(folder, 'no such rules')])
    : note(
        'Shipped rules of udev are replaced by rules of this host',
        names.map((name) => seen(`${folder}/${name}`, 'present')),
      )
}
