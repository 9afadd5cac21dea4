/** The uses of a block device that the fake machine models: one table for every connector, for its device and for the paths below it. */
import type { Holder } from '../../../lib/index.js'
import type { FakeHost, Mount } from '../../../lib/testing/index.js'
import type { FakeWorld } from '../../world/fake/world.js'

export interface KindOfUse {
  readonly begin: (world: FakeWorld, device: string) => Promise<{ readonly end: () => void | Promise<void> }>
  /** The kind of holder in the error. */
  readonly holder: Holder['kind']
  /** Text in the error that names the user. */
  readonly where?: RegExp
  /** The use cannot block the removal: with `force` the program loses the device. */
  readonly silent?: true
  /** Only for disks: maps have no such node. */
  readonly ofDisk?: true
}
type Begin = (host: FakeHost, device: string) => () => void
const now = (begin: Begin): KindOfUse['begin'] => {
  return ({ host }, device) => Promise.resolve({ end: begin(host, device) })
}
const mounted = (mount: Mount) => () => {
  mount.unmount()
}
/** The kernel has the device open, and these files show for which user. */
function inKernel(host: FakeHost, device: string, files: Readonly<Record<string, string>>, root: string, exclusive = false): () => void {
  for (const [path, text] of Object.entries(files)) host.put(`${root}/${path}`, text)
  const close = host.users.openInKernel(device, { exclusive })
  return () => {
    host.take(root)
    close()
  }
}
const nvmet = (host: FakeHost, device: string, path = device) =>
  inKernel(host, device, { 'namespaces/1/device_path': path, 'namespaces/1/enable': '1' }, '/sys/kernel/config/nvmet/subsystems/exported')
const backstore = (host: FakeHost, device: string, kind: 'iblock' | 'fileio') => {
  const info = kind === 'fileio' ? `TCM FILEIO ID: 0        File: ${device}  Size: 1 Mode: Write-thru` : 'iBlock device: x'
  return inKernel(
    host,
    device,
    { enable: '1', udev_path: device, info },
    `/sys/kernel/config/target/core/${kind}_0/served`,
    kind === 'iblock',
  )
}
/** The node of sg or bsg that leads to the same disk. */
function characterNode(host: FakeHost, device: string, kind: 'sg' | 'bsg'): string {
  const disk = `/sys/class/block/${device.slice('/dev/'.length)}/device`
  return kind === 'sg' ? `/dev/${host.names(`${disk}/scsi_generic`)[0] ?? ''}` : `/dev/bsg/${host.names(`${disk}/bsg`)[0] ?? ''}`
}
const link = (host: FakeHost, device: string): string => {
  host.putLink('/dev/disk/by-id/a-link', device)
  return '/dev/disk/by-id/a-link'
}

/** Uses that can share a device with multipath maps and with one another: they may also use a path below a map. */
export const BELOW: Readonly<Record<string, KindOfUse>> = {
  'raw opener': { holder: 'process', silent: true, begin: now((host, device) => host.users.open(device).close) },
  'opener of sg': {
    holder: 'process',
    silent: true,
    ofDisk: true,
    begin: now((host, device) => host.users.openCharacter(characterNode(host, device, 'sg')).close),
  },
  'opener of bsg': {
    holder: 'process',
    silent: true,
    ofDisk: true,
    begin: now((host, device) => host.users.openCharacter(characterNode(host, device, 'bsg')).close),
  },
  'loop device': {
    holder: 'export',
    silent: true,
    where: /^\/dev\/loop0$/,
    begin: now((host, device) => inKernel(host, device, { 'loop/backing_file': device }, '/sys/block/loop0')),
  },
  'namespace of nvmet': { holder: 'export', silent: true, where: /^nvmet exported namespace 1$/, begin: now(nvmet) },
  'namespace of nvmet, by a link': {
    holder: 'export',
    silent: true,
    where: /^nvmet exported namespace 1$/,
    begin: now((host, device) => nvmet(host, device, link(host, device))),
  },
  'LIO, as a file': {
    holder: 'export',
    silent: true,
    where: /^LIO fileio_0\/served$/,
    begin: now((host, device) => backstore(host, device, 'fileio')),
  },
  'logical volume': {
    holder: 'device',
    where: /^\/dev\/dm-9$/,
    begin: now((host, device) => host.users.stack(device, 'dm-9')),
  },
  'bind mount of its node': { holder: 'mount', where: /^\/srv\/nodes\//, begin: now((host, device) => host.users.bindNode(device)) },
}
export const TOP: Readonly<Record<string, KindOfUse>> = {
  mount: { holder: 'mount', where: /^\/mnt\//, begin: now((host, device) => mounted(host.users.mount(device))) },
  'mount in another namespace': {
    holder: 'mount',
    where: /^\/mnt\//,
    begin: now((host, device) => mounted(host.users.mount(device, { otherNamespace: true }))),
  },
  'mount of a file system with a number of its own': {
    holder: 'mount',
    where: /^\/mnt\//,
    begin: now((host, device) => mounted(host.users.mount(device, { fsType: 'btrfs' }))),
  },
  'partition mounted': {
    holder: 'mount',
    where: /^\/srv\/part$/,
    begin: now((host, device) => mounted(host.users.mount(host.users.partition(device), { mountPoint: '/srv/part' }))),
  },
  swap: { holder: 'swap', begin: now((host, device) => host.users.swapOn(device)) },
  md: { holder: 'device', where: /^\/dev\/md0$/, begin: now(raid) },
  LIO: { holder: 'export', where: /^LIO iblock_0\/served$/, begin: now((host, device) => backstore(host, device, 'iblock')) },
  'exclusive opener': { holder: 'exclusive', begin: now((host, device) => host.users.open(device, { exclusive: true }).close) },
  ...BELOW,
}

function raid(host: FakeHost, device: string): () => void {
  const [md, name] = ['/sys/devices/virtual/block/md0', device.slice('/dev/'.length)]
  host.put(`${md}/dev`, '9:0')
  host.putLink('/sys/class/block/md0', md)
  host.putLink(`/sys/class/block/${name}/holders/md0`, md)
  const close = host.users.openInKernel(device, { exclusive: true })
  return () => {
    for (const path of [md, '/sys/class/block/md0', `/sys/class/block/${name}/holders/md0`]) host.take(path)
    close()
  }
}
