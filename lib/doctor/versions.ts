/** Versions of the programs that attaches depend on, from the package database. A program runs only with `deep`. */
import { versionIn } from '../linux/iscsi/installation.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'
import { findProgram } from '../linux/find-program.js'

interface Package {
  /** In Debian, Alpine and Arch. */
  readonly name: string
  readonly program: string
  /** Oldest and newest version that Brickwork is tested with (docs/versions.md). */
  readonly tested: readonly [string, string]
  /** A version with a fault, and what to do. */
  readonly bad: Readonly<Record<string, { readonly why: string; readonly advice: string }>>
}
const PACKAGES: readonly Package[] = [
  {
    name: 'open-iscsi',
    program: 'iscsiadm',
    tested: ['2.1.8', '2.1.11'],
    bad: {
      // https://github.com/open-iscsi/open-iscsi/issues/484
      '2.1.10': {
        why: 'it never answers a login with node.session.scan = manual, which takes attaches longer and lets other programs hang',
        advice: 'Upgrade open-iscsi to 2.1.11 or newer',
      },
    },
  },
  { name: 'multipath-tools', program: 'multipathd', tested: ['0.9.4', '0.11.1'], bad: {} },
]
const DPKG = '/var/lib/dpkg/status'
const APK = '/lib/apk/db/installed'
const PACMAN = '/var/lib/pacman/local'

export const versionChecks: readonly HostCheck[] = [
  {
    id: 'tools.versions',
    group: 'tools',
    title: 'no program has a version that is known to fail',
    reads: `\`${DPKG}\`, \`${APK}\`, \`${PACMAN}\`; with \`deep\` also \`iscsiadm --version\``,
    run: versions,
  },
]

async function versions(context: CheckContext): Promise<Finding> {
  const { host } = context
  const there = await Promise.all(PACKAGES.map(async ({ program }) => await findProgram(host, program)))
  const installed = PACKAGES.filter((_, index) => there[index] !== undefined)
  if (installed.length === 0)
    return ok('No program of open-iscsi and multipath-tools is installed', [seen('iscsiadm', undefined), seen('multipathd', undefined)])
  const known = await packageVersions(context, installed)
  const evidence = installed.map(({ name }) => known.get(name) ?? seen(name, 'version unknown'))
  const faults = installed.flatMap(({ name, bad }) => {
    const fault = bad[known.get(name)?.value ?? '']
    return fault === undefined ? [] : [{ name, ...fault }]
  })
  const [fault] = faults
  if (fault !== undefined) return warning(`${fault.name} ${known.get(fault.name)?.value ?? ''}: ${fault.why}`, evidence, fault.advice)
  const untested = installed.filter(({ name, tested }) => {
    const version = known.get(name)?.value
    return version !== undefined && (compare(version, tested[0]) < 0 || compare(version, tested[1]) > 0)
  })
  if (untested.length > 0)
    return note(
      untested
        .map(({ name, tested }) => `${name} ${known.get(name)?.value ?? ''} is not tested; ${tested[0]} to ${tested[1]} are`)
        .join(', '),
      evidence,
    )
  return known.size < installed.length
    ? note(
        'The versions are not in a package database that can be read as a file',
        evidence,
        'Run the doctor with --deep, which asks iscsiadm; multipath -h prints the version of multipath-tools',
      )
    : ok('No program has a version that is known to fail', evidence)
}

/** The source and the version: `2.1.8` of `2.1.8-1+deb12u1`. */
async function packageVersions(
  context: CheckContext,
  packages: readonly Package[],
): Promise<ReadonlyMap<string, { readonly source: string; readonly value: string }>> {
  const { host, deep, signal } = context
  const [dpkg, apk, pacman] = await Promise.all([host.files.read(DPKG), host.files.read(APK), host.files.list(PACMAN)])
  const found = new Map<string, { source: string; value: string }>()
  for (const { name, program } of packages) {
    const escaped = name.replaceAll('-', '\\-')
    const debian = new RegExp(`^Package: ${escaped}\\n(?:.+\\n)*?Version: (?:[0-9]+:)?([0-9.]+)`, 'm').exec(dpkg ?? '')?.[1]
    const alpine = new RegExp(`^P:${escaped}\\nV:([0-9.]+)`, 'm').exec(apk ?? '')?.[1]
    const arch = pacman.flatMap((each) => new RegExp(`^${escaped}-(?:[0-9]+:)?([0-9.]+)-`).exec(each)?.[1] ?? [])[0]
    const file = debian !== undefined ? DPKG : alpine !== undefined ? APK : PACMAN
    const version = debian ?? alpine ?? arch
    if (version !== undefined) found.set(name, { source: `${file} ${name}`, value: version })
    else if (deep && program === 'iscsiadm') {
      const { stdout } = await host.commands.run([program, '--version'], { signal, onAbort: 'kill' })
      const printed = versionIn(stdout)
      if (printed !== undefined) found.set(name, { source: 'iscsiadm --version', value: printed })
    }
  }
  return found
}

function compare(version: string, other: string): number {
  const [ours, theirs] = [version.split('.').map(Number), other.split('.').map(Number)]
  const at = [0, 1, 2].find((index) => (ours[index] ?? 0) !== (theirs[index] ?? 0))
  return at === undefined ? 0 : (ours[at] ?? 0) - (theirs[at] ?? 0)
}
