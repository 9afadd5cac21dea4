/** The host as this process sees it: privileges, kernel, namespaces, /dev and /sys. */
import type { Host } from '../core/host.js'
import { readPrivileges } from '../linux/privileges.js'
import { ownPid } from '../linux/processes.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, problem, seen, unknown, warning } from '../operation/host-check.js'
import { mountsSeen, viewOf } from './mounts-seen.js'

/** The oldest kernel that Brickwork is tested with. */
const OLDEST = [5, 10] as const
/** Number of the first pid namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]'

export const hostChecks: readonly HostCheck[] = [
  {
    id: 'host.linux',
    group: 'host',
    title: 'this is a Linux host',
    reads: '`/proc/sys/kernel/random/boot_id`',
    run: async ({ host }) => {
      const file = '/proc/sys/kernel/random/boot_id'
      const boot = await host.files.read(file)
      return boot === undefined
        ? problem(
            'ERR_UNSUPPORTED_PLATFORM',
            'This is not a Linux host',
            [seen(file, boot)],
            "Mount the host's root file system, with its /proc, where `createHost({ root })` expects it",
          )
        : ok('A Linux host', [seen(file, boot)])
    },
  },
  {
    id: 'host.root',
    group: 'host',
    title: 'this process may attach volumes',
    reads: '`/proc/self/status`, `/proc/self/uid_map`',
    run: privileges,
  },
  {
    id: 'host.kernel',
    group: 'host',
    title: 'the kernel is one that Brickwork is tested with',
    reads: '`/proc/sys/kernel/osrelease`',
    run: kernelRelease,
  },
  {
    id: 'host.namespaces',
    group: 'host',
    title: "this process is in the host's namespaces, or enters them",
    reads: '`/proc/1/ns`, `/proc/self/ns`',
    run: namespaces,
  },
  {
    id: 'host.dev',
    group: 'host',
    title: 'every block device has its node',
    reads: '`/sys/class/block`, `/dev`',
    run: deviceNodes,
  },
  {
    id: 'host.sysfs',
    group: 'host',
    title: 'sysfs can be written',
    reads: '`/proc/self/mountinfo`',
    run: writableSysfs,
  },
  {
    id: 'host.machine-id',
    group: 'host',
    title: 'the host has an id of its own',
    reads: '`/etc/machine-id`',
    run: machineId,
  },
]

async function privileges({ host }: CheckContext): Promise<Finding> {
  const own = await readPrivileges(host)
  if (own === undefined) return unknown('/proc does not show the privileges of this process')
  const { file, uid, capabilities, isAdmin, isMapped, uidMap } = own
  const evidence = [seen(`${file} Uid`, uid), seen(`${file} CapEff`, capabilities)]
  if (uid !== '0') return problem('ERR_PERMISSION', `This process runs as user ${uid}, not as root`, evidence, 'Run it as root')
  if (!isAdmin) return problem('ERR_PERMISSION', 'This process is root without CAP_SYS_ADMIN', evidence, 'Run the container privileged')
  if (isMapped)
    return problem(
      'ERR_PERMISSION',
      'This process is root only in a user namespace',
      [...evidence, seen(file.replace(/status$/, 'uid_map'), uidMap)],
      'Run it without a user namespace (rootless containers cannot attach volumes)',
    )
  return ok('Root with CAP_SYS_ADMIN', evidence)
}

async function kernelRelease({ host }: CheckContext): Promise<Finding> {
  const file = '/proc/sys/kernel/osrelease'
  const release = await host.files.read(file)
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(release ?? '') ?? []
  if (major === undefined || minor === undefined) return unknown('The kernel release cannot be read', [seen(file, release)])
  const isOlder = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])
  return isOlder
    ? warning(
        `Linux ${release ?? ''} is older than ${OLDEST.join('.')}`,
        [seen(file, release)],
        'Brickwork is not tested with this kernel: upgrade it',
      )
    : ok(`Linux ${release ?? ''}`, [seen(file, release)])
}

async function namespaces({ host }: CheckContext): Promise<Finding> {
  const pid = await ownPid(host)
  if (pid === undefined) return unknown('/proc does not show this process')
  const kinds = ['mnt', 'net', 'pid'] as const
  const link = (of: string, kind: string) => host.files.readLink(`/proc/${of}/ns/${kind}`)
  const [own, first] = await Promise.all([
    Promise.all(kinds.map((kind) => link(pid, kind))),
    Promise.all(kinds.map((kind) => link('1', kind))),
  ])
  const evidence = kinds.flatMap((kind, index) => [seen(`/proc/self/ns/${kind}`, own[index]), seen(`/proc/1/ns/${kind}`, first[index])])
  // In a pid namespace of its own, process 1 is that of the container.
  const isAway = own.some((each, index) => each !== first[index]) || (own[2] !== undefined && own[2] !== FIRST_PID_NAMESPACE)
  if (!isAway) return ok('This process runs in the namespaces of the host', evidence)
  const { namespaces: entered } = viewOf(host)
  return entered === undefined
    ? problem(
        'ERR_DAEMON_UNREACHABLE',
        'This process runs in namespaces of its own: it reaches neither daemons nor programs of the host',
        evidence,
        "Mount the host's root file system and use `createHost({ root, namespaces: { pid: 1 } })`, or use the host's pid, network and mount namespaces",
      )
    : ok(`Programs run in the namespaces of process ${entered} of the host`, evidence)
}

/** Paths of an NVMe namespace have no node of their own (block/genhd.c, GENHD_FL_HIDDEN). */
const HIDDEN = /^nvme[0-9]+c[0-9]+n[0-9]+$/
async function deviceNodes({ host }: CheckContext): Promise<Finding> {
  const [devices, nodes] = await Promise.all([blockDevices(host), host.files.list('/dev')])
  const present = new Set(nodes)
  const missing = devices.filter((name) => !present.has(name))
  const evidence = [seen('/sys/class/block', `${devices.length} devices`), seen('/dev without', missing.join(' ') || 'none')]
  if (missing.length === 0) return ok('Every block device has a node in /dev', evidence)
  if (missing.length === devices.length || nodes.length === 0)
    return problem(
      'ERR_KERNEL',
      'No block device of the host has a node in /dev',
      evidence,
      "Mount the host's /dev (devtmpfs) into the container; a private /dev gets no new nodes",
    )
  return warning(
    `${missing.length} of ${devices.length} block devices have no node in /dev`,
    evidence,
    'Check that /dev is the devtmpfs of the host (findmnt /dev), then let udev make the nodes again (udevadm trigger --subsystem-match=block)',
  )
}
/** A `!` in the kernel's name is a `/` in /dev. Nodes in folders are not listed. */
async function blockDevices(host: Host): Promise<string[]> {
  return (await host.files.list('/sys/class/block')).filter((name) => !HIDDEN.test(name) && !name.includes('!'))
}

async function writableSysfs(context: CheckContext): Promise<Finding> {
  const { root } = viewOf(context.host)
  const where = `${root}/sys`
  const { file, mounts } = await context.once(mountsSeen)
  const mount = mounts.findLast((each) => each.where === where)
  if (mount === undefined) return unknown(`${file} shows no mount of ${where}`)
  const evidence = [seen(`${file} ${where}`, `${mount.fsType} ${mount.readOnly ? 'ro' : 'rw'}`)]
  return mount.readOnly
    ? problem(
        'ERR_KERNEL',
        `${where} is mounted read-only: no LUN can be scanned`,
        evidence,
        `Mount it read-write (mount -o remount,rw ${where}), or run the container privileged`,
      )
    : ok('sysfs is mounted read-write', evidence)
}

async function machineId({ host }: CheckContext): Promise<Finding> {
  const file = '/etc/machine-id'
  const id = await host.files.read(file)
  const isSet = id !== undefined && /^[0-9a-f]{32}$/.test(id.trim())
  if (isSet) return ok('The machine id is set', [seen(file, id)])
  const advice = 'Run systemd-machine-id-setup on this host; hosts cloned from one image must not share an id'
  return id === undefined
    ? note('The host has no machine id', [seen(file, id)], advice)
    : warning('The machine id is not set', [seen(file, id)], advice)
}
