/** The doctor's check of a shutdown: sessions must end before the network does. By files only: systemd is not asked. */
import { findProgram } from '../../../linux/find-program.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, unknown, warning } from '../../../operation/host-check.js'

/** Units that log out when they stop: of Debian and Ubuntu, of open-iscsi itself (etc/systemd/iscsi.service.template), of Fedora and RHEL. */
const UNITS = ['open-iscsi.service', 'iscsi.service', 'iscsi-shutdown.service'] as const
const INSTALLED = ['/usr/lib/systemd/system', '/lib/systemd/system'] as const
const CONFIGURED = '/etc/systemd/system'

export const shutdownChecks: readonly HostCheck[] = [
  {
    id: 'host.shutdown',
    group: 'host',
    title: 'a shutdown ends sessions before the network',
    reads: `\`${CONFIGURED}\`, \`${INSTALLED[0]}\``,
    run: shutdown,
  },
]

async function shutdown({ host }: CheckContext): Promise<Finding> {
  if ((await findProgram(host, 'iscsiadm')) === undefined) return ok('open-iscsi is not installed', [seen('iscsiadm', undefined)])
  if ((await host.files.stat('/run/systemd/system')) === undefined)
    return note(
      'This host does not run systemd: it is not known what a shutdown does with sessions',
      [seen('/run/systemd/system', undefined)],
      'Check that the scripts of the init system detach volumes and log out (iscsiadm -m node --logoutall=all) before they stop the network',
    )
  const folders = [CONFIGURED, ...INSTALLED]
  const [masked, links, installed] = await Promise.all([
    Promise.all(UNITS.map(async (unit) => (await host.files.readLink(`${CONFIGURED}/${unit}`)) === '/dev/null')),
    Promise.all(folders.map((folder) => wantedBy(host, folder))),
    Promise.all(folders.map((folder) => host.files.list(folder))),
  ])
  const enabled = links.flat().filter(({ unit }) => !masked[UNITS.findIndex((each) => each === unit)])
  const [first] = enabled
  if (first !== undefined) return ok(`${first.unit} logs out at a shutdown`, [seen(first.place, 'enabled')])
  const present = UNITS.filter((unit) => installed.some((names) => names.includes(unit)))
  const evidence = UNITS.map((unit, index) =>
    seen(unit, masked[index] === true ? 'masked' : present.includes(unit) ? 'installed, not enabled' : undefined),
  )
  const [unit] = present
  if (unit === undefined) return unknown('No unit of open-iscsi that logs out at a shutdown is known on this host', evidence)
  return warning(
    'Nothing logs out at a shutdown: when the network stops first, file systems on volumes hang until their sessions give up',
    evidence,
    `Enable it (systemctl unmask ${unit}; systemctl enable ${unit}), or detach every volume before a shutdown`,
  )
}

interface Wanted {
  readonly unit: string
  readonly place: string
}
/** Links in `TARGET.wants` and `TARGET.requires`: how systemd stores that a unit is enabled (systemd.unit(5)). */
async function wantedBy({ files }: CheckContext['host'], folder: string): Promise<readonly Wanted[]> {
  const targets = (await files.list(folder)).filter((name) => name.endsWith('.wants') || name.endsWith('.requires'))
  const found = targets.map(async (target) => {
    const names = await files.list(`${folder}/${target}`)
    return UNITS.filter((unit) => names.includes(unit)).map((unit) => ({ unit, place: `${folder}/${target}/${unit}` }))
  })
  return (await Promise.all(found)).flat()
}
