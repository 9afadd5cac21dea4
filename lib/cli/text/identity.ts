import type { HostIdentity } from '../../index.js'
import { columns } from './layout.js'

/** Names first, then what the host has for each protocol. */
export function identitySheet(who: HostIdentity): string[] {
  const { iscsi, nvme, fc, rbd, multipath } = who
  const rows = [
    ['host name', who.hostname ?? '-'],
    ['machine id', who.machineId ?? '-'],
    ['boot id', who.bootId ?? '-'],
    ['system UUID', who.systemUuid ?? '-'],
    ['root file system', who.rootFilesystemUuid ?? '-'],
    ['system', [who.os, who.kernel === undefined ? undefined : `kernel ${who.kernel}`, who.architecture].filter(isThere).join(', ')],
    ...several(
      'addresses',
      who.addresses.map(({ address, interface: name }) => (name === undefined ? address : `${address} (${name})`)),
    ),
    ['iSCSI initiator', iscsi?.initiatorName ?? '- (no name in /etc/iscsi/initiatorname.iscsi)'],
    ...several('iSCSI ifaces', (iscsi?.ifaces ?? []).map(ifaceLine)),
    ['NVMe host NQN', nvme?.hostNqn ?? '-'],
    ['NVMe host id', nvme === undefined ? '-' : `${nvme.hostId} (${sources[nvme.source]})`],
    ['NVMe multipath', nvme?.nativeMultipath === undefined ? '-' : nvme.nativeMultipath ? 'by the kernel' : 'not by the kernel'],
    ...several('FC ports', (fc?.ports ?? []).map(portLine)),
    ['multipathd', multipath === undefined ? '-' : multipath.daemon ? 'running' : 'not running'],
    ['RBD', `module ${modules[rbd.module]}, rbd ${rbd.tool ? 'installed' : 'not installed'}`],
    ...(who.unseen.length === 0 ? [] : several('not readable', who.unseen)),
  ]
  return columns(rows)
}

const sources = {
  files: 'from /etc/nvme',
  dmi: 'derived from the system UUID',
  'machine-id': 'derived from the machine id',
} as const
const modules = { loaded: 'loaded', available: 'available', none: 'missing' } as const

function isThere(word: string | undefined): word is string {
  return word !== undefined
}
function several(name: string, values: readonly string[]): string[][] {
  return values.length === 0 ? [[name, '-']] : values.map((value, index) => [index === 0 ? name : '', value])
}
function ifaceLine({ name, transport, ...more }: NonNullable<HostIdentity['iscsi']>['ifaces'][number]): string {
  return [name, transport, more.netdev, more.address, more.hwaddress, more.initiatorName].filter(isThere).join(' ')
}
function portLine({ wwpn, wwnn, state, speed, host, parent }: NonNullable<HostIdentity['fc']>['ports'][number]): string {
  const virtual = parent === undefined ? undefined : `virtual port of host${parent}`
  return [wwpn, `node ${wwnn}`, state, speed, `host${host}`, virtual].filter(isThere).join('  ')
}
