/** Mounts: those that keep a volume from being detached, those whose device is gone, and how mounts reach other namespaces. */
import { ownPid } from '../linux/processes.js'
import { type Mounts, readMounts } from '../linux/topology/mounts.js'
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, type Fact, type Finding, type HostCheck, note, ok, seen, unknown, warning } from '../operation/host-check.js'
import { attachedDevices, isBuiltOn } from './attached-devices.js'
import { hostMounts, mountOf, mountsSeen, viewOf } from './mounts-seen.js'

const MOST_SHOWN = 5
const SOURCE = '/proc/*/mountinfo'
/** File systems without a device of their own have such numbers (fs/super.c, get_anon_bdev). */
const ANONYMOUS = /^0:/
/** Where the kubelet and its storage drivers mount volumes for containers. */
const KUBELET = '/var/lib/kubelet'

export const mountChecks: readonly HostCheck[] = [
  {
    id: 'host.leaked-mounts',
    group: 'host',
    title: "no attached volume is mounted only outside of the host's mount namespace",
    reads: '`/proc/*/mountinfo`, claims',
    run: leakedMounts,
  },
  {
    id: 'host.stale-mounts',
    group: 'host',
    title: 'every mounted block device still exists',
    reads: '`/proc/*/mountinfo`, `/sys/dev/block`',
    run: staleMounts,
  },
  {
    id: 'host.propagation',
    group: 'host',
    title: 'mounts of the host reach containers, and those of this container the host',
    reads: '`/proc/self/mountinfo`, `/proc/1/mountinfo`',
    run: propagation,
  },
]

const allMounts: Fact<Mounts> = ({ host, signal }) => readMounts(host, signal)

/** A daemon with a mount namespace of its own keeps the mounts that were there when it started. */
async function leakedMounts(context: CheckContext): Promise<Finding> {
  const [{ devices, unseen }, own] = await Promise.all([context.once(hostTopology), context.once(attachedDevices)])
  const byName = new Map(devices.map((device) => [device.name, device]))
  const ofVolumes = devices.filter((device) => own.has(device.name) || isBuiltOn(device, own, byName))
  const leaked = ofVolumes.filter(({ mounts }) => mounts.length > 0 && mounts.every(({ pid }) => pid !== undefined))
  if (leaked.length > 0) {
    const places = leaked.flatMap(({ device, mounts }) =>
      mounts.map(({ where, pid = 0, command = 'unknown' }) =>
        seen(`/proc/${pid}/mountinfo`, `${device} at ${where}, by ${command} (${pid})`),
      ),
    )
    return note(
      `${leaked.length} attached ${leaked.length === 1 ? 'volume is' : 'volumes are'} mounted only in another mount namespace; a detach ends with ERR_HELD until that ends`,
      places.slice(0, MOST_SHOWN),
      `If the program does not use the volume any more, restart it (systemctl status ${leaked[0]?.mounts[0]?.pid ?? 'PID'} names its unit): it keeps a mount that the host has unmounted`,
    )
  }
  const hidden = unseen.filter((each) => each.startsWith('mount namespace'))
  if (hidden.length > 0) return unknown(`Not seen: ${hidden.join(', ')}`, [seen(SOURCE, 'no permission; run it as root')])
  return ok('No attached volume is mounted only in another mount namespace', [seen(SOURCE, `${own.size} attached volumes`)])
}

async function staleMounts(context: CheckContext): Promise<Finding> {
  const { mounts, unseen } = await context.once(allMounts)
  const blocks = mounts.filter(({ number }) => !ANONYMOUS.test(number))
  const numbers = [...new Set(blocks.map(({ number }) => number))]
  const there = await Promise.all(numbers.map((number) => context.host.files.stat(`/sys/dev/block/${number}`)))
  const gone = new Set(numbers.filter((_, index) => there[index] === undefined))
  const stale = blocks.filter(({ number }) => gone.has(number))
  if (stale.length > 0)
    return warning(
      `${stale.length} ${stale.length === 1 ? 'file system is' : 'file systems are'} mounted whose device is gone: programs get I/O errors there`,
      stale
        .slice(0, MOST_SHOWN)
        .map(({ number, source, mount: { where, pid = 1, command } }) =>
          seen(`/proc/${pid}/mountinfo`, `${where} on ${source} (${number})${command === undefined ? '' : `, by ${command}`}`),
        ),
      `End the programs that use it and unmount it (fuser -vm ${stale[0]?.mount.where ?? 'PLACE'}, umount ${stale[0]?.mount.where ?? 'PLACE'}); data that was not written is lost`,
    )
  if (unseen.length > 0) return unknown(`Not seen: ${unseen.join(', ')}`, [seen(SOURCE, 'no permission; run it as root')])
  return ok('Every mounted block device exists', [seen(SOURCE, `${numbers.length} block devices`)])
}

async function propagation(context: CheckContext): Promise<Finding> {
  const { host } = context
  const pid = await ownPid(host)
  const namespaceOf = (of: string) => host.files.readLink(`/proc/${of}/ns/mnt`)
  const [own, first] = await Promise.all([namespaceOf(pid ?? 'self'), namespaceOf('1')])
  return own === first ? await onTheHost(context) : await inContainer(context)
}
async function onTheHost(context: CheckContext): Promise<Finding> {
  const { file, mounts } = await context.once(hostMounts)
  const root = mountOf(mounts, '/')
  if (root === undefined) return unknown(`${file} shows no mount of /`)
  const evidence = [seen(`${file} /`, root.propagation)]
  return root.propagation === 'shared'
    ? ok('Mounts of the host reach containers', evidence)
    : note(
        'Mounts of the host do not reach containers that already run, nor the other way round',
        evidence,
        'If an agent in a container mounts volumes for the host, make the mounts shared (mount --make-rshared /)',
      )
}
async function inContainer(context: CheckContext): Promise<Finding> {
  const { root } = viewOf(context.host)
  const { file, mounts } = await context.once(mountsSeen)
  const kubelet = mounts.findLast(({ where }) => where === KUBELET)
  const view = root === '' ? undefined : mountOf(mounts, root)
  const evidence = [kubelet, view].flatMap((mount) => (mount === undefined ? [] : [seen(`${file} ${mount.where}`, mount.propagation)]))
  if (kubelet !== undefined && kubelet.propagation !== 'shared')
    return warning(
      `Mounts of this container below ${KUBELET} do not reach the host: a volume that is mounted here stays invisible to other containers`,
      evidence,
      `Mount ${KUBELET} with mountPropagation: Bidirectional (docker: rshared)`,
    )
  if (view?.propagation === 'private')
    return note(
      `Mounts that the host makes later do not appear below ${root}`,
      evidence,
      "Mount the host's root file system with mountPropagation: HostToContainer (docker: rslave)",
    )
  return ok("This container sees the host's mounts as far as an attach needs them", evidence)
}
