/** multipathd, its configuration, and the maps. */
import { attempt } from '../linux/attempt.js'
import { findProgram } from '../linux/find-program.js'
import { type MultipathSetting, readMultipathSettings } from '../linux/multipath/configuration.js'
import { multipathdProcess } from '../linux/multipath/process.js'
import { readProcessState } from '../linux/process-state.js'
import { type CheckContext, type Fact, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'

const CONFIGURATION = '/etc/multipath.conf'
const MOST_SHOWN = 5

export const multipathChecks: readonly HostCheck[] = [
  {
    id: 'multipath.daemon',
    group: 'multipath',
    title: 'multipathd runs',
    reads: '`/proc`, `/run/multipathd.pid`',
    run: daemon,
  },
  {
    id: 'multipath.queueing',
    group: 'multipath',
    title: 'I/O fails some time after the last path is lost',
    reads: '`/etc/multipath.conf`, `/etc/multipath/conf.d`',
    run: queueing,
  },
  {
    id: 'multipath.blacklist',
    group: 'multipath',
    title: 'no blacklist keeps multipathd from network disks',
    reads: '`/etc/multipath.conf`, `/etc/multipath/conf.d`',
    run: blacklist,
  },
  {
    id: 'multipath.claiming',
    group: 'multipath',
    title: 'multipathd does not hold back disks that it does not know',
    reads: '`find_multipaths` in `/etc/multipath.conf`',
    run: claiming,
  },
  {
    id: 'multipath.reinstating',
    group: 'multipath',
    title: 'a path that works again is used at once',
    reads: '`san_path_err_*` and `marginal_path_*` in `/etc/multipath.conf`; as evidence `user_friendly_names` and `skip_kpartx`',
    run: reinstating,
  },
  {
    id: 'multipath.bindings',
    group: 'multipath',
    title: 'every name of a map stands for one volume',
    reads: '`/etc/multipath/bindings`',
    run: bindings,
  },
]

const settings: Fact<Awaited<ReturnType<typeof readMultipathSettings>>> = ({ host }) => readMultipathSettings(host)

async function daemon({ host }: CheckContext): Promise<Finding> {
  const running = await multipathdProcess(host)
  if (running === undefined) {
    const program = await findProgram(host, 'multipathd')
    return program === undefined
      ? note('multipath-tools are not installed: volumes are attached over a single path', [seen('multipathd', program)])
      : warning(
          'multipathd is installed but does not run: volumes are attached over a single path',
          [seen(program, 'installed'), seen('/proc', 'no process of multipathd')],
          'Start it (systemctl enable --now multipathd)',
        )
  }
  const { pid } = running
  const file = `/proc/${pid}`
  const [state, program] = await Promise.all([readProcessState(host, pid), attempt(host.files.readLink(`${file}/exe`))])
  const evidence = [
    seen(`${file}/stat`, state?.state),
    ...(program === undefined || program === 'refused' ? [] : [seen(`${file}/exe`, program)]),
  ]
  if (state?.state === 'T' || state?.state === 't')
    return warning('multipathd is stopped by a signal: it creates and repairs no map', evidence, `Continue it (kill -CONT ${pid})`)
  if (program?.endsWith(' (deleted)') === true)
    return warning('multipathd was updated but not restarted', evidence, 'Restart it (systemctl restart multipathd); maps stay')
  return ok('multipathd runs', evidence)
}

/** Sections whose settings apply to any device. Those of `multipaths` are about one volume. */
const GENERAL = ['defaults', 'overrides', 'devices device']
async function queueing(context: CheckContext): Promise<Finding> {
  const { files, settings: all } = await context.once(settings)
  const forEver = all.filter(
    ({ section, key, value }) =>
      GENERAL.includes(section) &&
      ((key === 'no_path_retry' && value === 'queue') || (key === 'features' && /\bqueue_if_no_path\b/.test(value))),
  )
  if (forEver.length === 0) return ok('No setting makes I/O wait for ever', read(files))
  return warning(
    'I/O waits for ever when a map has no path: programs hang, and a detach needs onNoPaths: "fail-io"',
    forEver.slice(0, MOST_SHOWN).map(shown),
    'Set no_path_retry to fail or to a number of retries, then reload it (multipathd reconfigure)',
  )
}

async function blacklist(context: CheckContext): Promise<Finding> {
  const { files, settings: all } = await context.once(settings)
  const rules = (section: string) => all.filter((each) => each.section === section)
  const allowed = rules('blacklist_exceptions')
  const allowedDevices = rules('blacklist_exceptions device')
  const wide = rules('blacklist').filter(
    ({ key, value }) =>
      (key === 'devnode' &&
        EXAMPLES.some((name) => matches(value, name)) &&
        !allowed.some((each) => each.key === 'devnode' && EXAMPLES.every((name) => matches(each.value, name)))) ||
      (key === 'wwid' && EXAMPLE_WWIDS.every((wwid) => matches(value, wwid)) && !allowed.some((each) => each.key === 'wwid')),
  )
  const devices = rules('blacklist device').filter(
    ({ key, value }) => key === 'vendor' && ANY_VENDOR.every((vendor) => matches(value, vendor)) && allowedDevices.length === 0,
  )
  const found = [...wide, ...devices]
  if (found.length === 0) return ok('No blacklist covers all SCSI disks', read(files))
  return warning(
    'A blacklist keeps multipathd from every SCSI disk: volumes are attached over a single path, or not at all with multipath: "require"',
    found.slice(0, MOST_SHOWN).map(shown),
    'Name only the local disks in the blacklist, or add the array to blacklist_exceptions, then reload it (multipathd reconfigure)',
  )
}
const EXAMPLES = ['sda', 'sdb', 'sdaa'] as const
const EXAMPLE_WWIDS = ['36001405aaaaaaaaaaaaaaaaaaaaaaaaa', '3600a098000aaaaaa00000000aaaaaaaa'] as const
const ANY_VENDOR = ['LIO-ORG', 'NETAPP', 'DGC'] as const
/** POSIX extended expressions are nearly those of JavaScript. One that cannot be read matches nothing. A leading `!` inverts the match. */
function matches(pattern: string, text: string): boolean {
  const isInverted = pattern.startsWith('!')
  try {
    return new RegExp(isInverted ? pattern.slice(1) : pattern).test(text) !== isInverted
  } catch {
    return false
  }
}

async function claiming(context: CheckContext): Promise<Finding> {
  const { files, settings: all } = await context.once(settings)
  const found = all.findLast(({ section, key }) => section === 'defaults' && key === 'find_multipaths')
  if (found?.value !== 'smart')
    return ok(
      `find_multipaths is ${found?.value ?? 'not set'}: Brickwork asks for each map itself`,
      found === undefined ? read(files) : [shown(found)],
    )
  return note(
    'find_multipaths is smart: multipathd holds each new single disk back for some seconds (find_multipaths_timeout)',
    [shown(found)],
    'Use strict or yes if single disks are attached too',
  )
}

/** Settings that keep a path out of use after it has failed several times (multipath.conf(5)). `no`, or 0, is off. */
const HOLDING = /^(?:san_path_err|marginal_path)_/
const NAMING = ['user_friendly_names', 'skip_kpartx']
async function reinstating(context: CheckContext): Promise<Finding> {
  const { files, settings: all } = await context.once(settings)
  const general = all.filter(({ section }) => GENERAL.includes(section))
  const holding = general.filter(({ key, value }) => HOLDING.test(key) && !['no', '0'].includes(value))
  const naming = general.filter(({ key }) => NAMING.includes(key)).slice(0, MOST_SHOWN)
  if (holding.length === 0)
    return ok('No setting keeps a path that works again out of use', naming.length === 0 ? read(files) : naming.map(shown))
  return note(
    'A path that failed several times is kept out of use for a while, although it works again',
    [...holding.slice(0, MOST_SHOWN), ...naming].map(shown),
    'If a volume lacks paths that work, see which ones are held (multipathd show paths format "%d %t %T")',
  )
}

/** `mpatha 36001405…` */
async function bindings({ host }: CheckContext): Promise<Finding> {
  const file = '/etc/multipath/bindings'
  const text = await host.files.read(file)
  const lines = (text ?? '').split('\n').flatMap((line) => {
    const [name, wwid] = line.replace(/#.*$/, '').trim().split(/\s+/)
    return name === undefined || wwid === undefined ? [] : [{ name, wwid }]
  })
  const twice = lines.filter(({ name, wwid }) => lines.some((other) => (other.name === name) !== (other.wwid === wwid)))
  return twice.length === 0
    ? ok(text === undefined ? 'No map has a name of its own' : `${lines.length} names of maps, each for one volume`, [
        seen(file, text === undefined ? undefined : `${lines.length} lines`),
      ])
    : warning(
        'A name stands for several volumes, or a volume has several names',
        twice.slice(0, MOST_SHOWN).map(({ name, wwid }) => seen(file, `${name} ${wwid}`)),
        `Remove the wrong lines from ${file}, then reload it (multipathd reconfigure)`,
      )
}

function read(files: readonly string[]) {
  return files.length === 0 ? [seen(CONFIGURATION, undefined)] : files.map((file) => seen(file, 'read'))
}
function shown({ file, section, key, value }: MultipathSetting) {
  return seen(file, `${section}: ${key} ${value}`)
}
