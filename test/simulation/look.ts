/** The objects on the machine, read from its files without the library. */
import type { FakeHost } from '../../lib/testing/index.js'

const SCSI = '/sys/bus/scsi/devices'
const SESSIONS = '/sys/class/iscsi_session'
const MARK = 'made by Brickwork'

export interface SessionSeen {
  readonly id: number
  readonly iqn: string
  /** `address port` of the portal that was asked for. */
  readonly portal: string
  /** `address:port` of the portal that it is connected to. */
  readonly peer: string
}
export interface DiskSeen {
  readonly hctl: string
  readonly session: number
  readonly lun: string
  /** `sda`, once it has a block device. */
  readonly name: string | undefined
}

export function sessionsSeen(host: FakeHost): SessionSeen[] {
  return host.names(SESSIONS).map((name) => {
    const connection = `/sys/class/iscsi_connection/${name.replace('session', 'connection')}:0`
    return {
      id: Number(name.slice('session'.length)),
      iqn: host.text(`${SESSIONS}/${name}/targetname`) ?? '',
      portal: `${host.text(`${connection}/persistent_address`) ?? ''} ${host.text(`${connection}/persistent_port`) ?? ''}`,
      peer: `${host.text(`${connection}/address`) ?? ''}:${host.text(`${connection}/port`) ?? ''}`,
    }
  })
}
export function disksSeen(host: FakeHost): DiskSeen[] {
  return host
    .names(SCSI)
    .filter((name) => /^[0-9]+:[0-9]+:[0-9]+:[0-9]+$/.test(name))
    .flatMap((hctl) => {
      const directory = host.real(`${SCSI}/${hctl}`) ?? ''
      const session = /\/session([0-9]+)\//.exec(directory)?.[1]
      if (session === undefined) return []
      return { hctl, session: Number(session), lun: hctl.split(':')[3] ?? '', name: host.names(`${directory}/block`)[0] }
    })
}
export function disksBelow(host: FakeHost, session: number): DiskSeen[] {
  return disksSeen(host).filter((disk) => disk.session === session)
}
/** Files of the record database with the library's mark. */
export function ourRecords(host: FakeHost, recordRoot: string): string[] {
  return recordsSeen(host, recordRoot).filter((path) => host.text(path)?.includes(MARK) === true)
}
function recordsSeen(host: FakeHost, recordRoot: string): string[] {
  const nodes = `${recordRoot}/nodes`
  return host.names(nodes).flatMap((iqn) =>
    host.names(`${nodes}/${iqn}`).flatMap((place) => {
      const path = `${nodes}/${iqn}/${place}`
      const inner = host.names(path)
      return inner.length === 0 ? [path] : inner.map((name) => `${path}/${name}`)
    }),
  )
}
/** All of the database that iscsiadm does not read, as text. */
export function secondDatabaseSeen(host: FakeHost, recordRoot: string): string {
  const root = recordRoot === '/etc/iscsi' ? '/var/lib/iscsi' : '/etc/iscsi'
  const records = recordsSeen(host, root).map((path) => `${path}: ${host.text(path) ?? ''}`)
  return [...records, ...host.names(`${root}/send_targets`)].join('\n')
}
/** The logical volumes that are active, and the device below each: `dm-0`, `sda`. */
export function logicalVolumesSeen(host: FakeHost): { readonly uuid: string; readonly name: string; readonly over: string }[] {
  return host.names('/sys/class/block').flatMap((device) => {
    const directory = `/sys/class/block/${device}`
    const uuid = host.text(`${directory}/dm/uuid`) ?? ''
    const name = host.text(`${directory}/dm/name`) ?? ''
    return uuid.startsWith('LVM-') ? [{ uuid, name, over: host.names(`${directory}/slaves`).join(' ') }] : []
  })
}
/** The disks of a device: its own name, or the disks below a map. */
export function disksOf(host: FakeHost, device: string): string[] {
  const name = device.slice('/dev/'.length)
  return name.startsWith('dm-') ? host.names(`/sys/class/block/${name}/slaves`) : [name]
}
/** Sessions that a device needs. */
export function sessionsBelow(host: FakeHost, device: string): number[] {
  return disksOf(host, device).flatMap((name) => {
    const session = /\/session([0-9]+)\//.exec(host.real(`/sys/class/block/${name}`) ?? '')?.[1]
    return session === undefined ? [] : [Number(session)]
  })
}
/** Every file of the library on this machine: journals, claims and links, with their content. */
export function stateSeen(host: FakeHost, stateDirs: readonly string[], runDir: string): Map<string, string> {
  const seen = new Map<string, string>()
  for (const directory of [...stateDirs.map((each) => `${each}/attachments`), `${runDir}/claims`, `${runDir}/by-id`])
    for (const name of host.names(directory)) seen.set(`${directory}/${name}`, host.text(`${directory}/${name}`) ?? '')
  return seen
}
