/** The objects on the fake machine, read from its files without the library. */
import type { FakeHost } from '../../../lib/testing/index.js'
import type { Leftovers, MapSeen } from '../world.js'

const SESSIONS = '/sys/class/iscsi_session'
const SCSI = '/sys/bus/scsi/devices'

export function fakeLeftovers(host: FakeHost): Leftovers {
  return {
    sessions: host
      .names(SESSIONS)
      .map((name) => `${host.text(`${SESSIONS}/${name}/targetname`) ?? ''} ${portalOf(host, name)}`)
      .sort(),
    records: records(host, `${host.recordRoot}/nodes`).sort(),
    disks: host
      .names(SCSI)
      .filter((name) => /^[0-9]+:[0-9]+:[0-9]+:[0-9]+$/.test(name))
      .map((hctl) => diskName(host, hctl))
      .sort(),
    maps: host
      .names('/sys/block')
      .filter((name) => name.startsWith('dm-'))
      .map((name) => host.text(`/sys/block/${name}/dm/name`) ?? name)
      .sort(),
  }
}

export function mapsOf(host: FakeHost): MapSeen[] {
  return host.mapper
    .all()
    .map(({ name, uuid, paths }) => {
      const seen = paths.map(({ block, active }) => ({ device: block.name, state: active ? ('active' as const) : ('failed' as const) }))
      return { name, uuid, paths: seen.sort((a, b) => a.device.localeCompare(b.device)) }
    })
    .sort((a, b) => a.name.localeCompare(b.name))
}
export function sessionsOf(host: FakeHost, iqn: string, portal?: string): number[] {
  return host
    .names(SESSIONS)
    .filter((name) => host.text(`${SESSIONS}/${name}/targetname`) === iqn)
    .filter((name) => portal === undefined || portalOf(host, name) === portal)
    .map((name) => Number(name.slice('session'.length)))
    .sort((a, b) => a - b)
}

function portalOf(host: FakeHost, session: string): string {
  const connection = `/sys/class/iscsi_connection/${session.replace('session', 'connection')}:0`
  return portalText(host.text(`${connection}/persistent_address`) ?? '', host.text(`${connection}/persistent_port`) ?? '')
}
function diskName(host: FakeHost, hctl: string): string {
  const session = /\/(session[0-9]+)\//.exec(host.real(`${SCSI}/${hctl}`) ?? '')?.[1]
  return session === undefined ? hctl : `${host.text(`${SESSIONS}/${session}/targetname`) ?? ''} ${hctl.split(':')[3] ?? ''}`
}
/** One entry for each file, in either layout. */
function records(host: FakeHost, nodes: string): string[] {
  return host.names(nodes).flatMap((iqn) =>
    host.names(`${nodes}/${iqn}`).flatMap((place) => {
      const [address = '', port = ''] = place.split(',')
      const files = Math.max(1, host.names(`${nodes}/${iqn}/${place}`).length)
      return Array<string>(files).fill(`${iqn} ${portalText(address, port)}`)
    }),
  )
}
function portalText(address: string, port: string): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
