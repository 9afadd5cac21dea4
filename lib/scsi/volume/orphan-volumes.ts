/** Disks that nobody speaks of, below sessions that are proven to be ours, and the maps over them. */
import type { Orphan, Stray } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import { formatPortal } from '../../core/portal.js'
import type { MultipathMap } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { sessionObject } from '../../connectors/iscsi/objects.js'
import { diskObject } from '../disk/objects.js'
import { mapObject } from '../../multipath/objects.js'
import { objectOf, type SessionSeen, type Spoken, type Survey } from '../../connectors/iscsi/survey.js'
import { plainIfaces } from '../../connectors/iscsi/named-paths.js'

interface Path extends SessionSeen {
  readonly disk: ScsiDisk
}
interface Found {
  readonly mine: readonly Orphan[]
  readonly foreign: readonly Stray[]
}
const PROOF = 'nobody claims it, and its session was logged in through a node record that bears our mark'

export function orphanVolumes({ maps }: Survey, ours: readonly SessionSeen[], keys: Spoken): Found {
  const paths = ours
    .flatMap((each) => each.disks.map((disk): Path => ({ ...each, disk })))
    .filter(({ session, disk }) => !keys.has(diskObject(session.id, disk.lun, disk, 'made').key))
  const mine: Orphan[] = []
  const foreign: Stray[] = []
  const inMaps = new Set<Path>()
  for (const map of maps) {
    const ways = paths.filter(({ disk }) => disk.block !== undefined && map.slaves.includes(disk.block.name))
    for (const way of ways) inMaps.add(way)
    if (!keys.has(mapObject(map).key) && ways.length > 0 && ways.length === map.slaves.length) mine.push(orphanMap(map, ways))
    else foreign.push(...strayPaths(map, ways), ...strayMap(map, keys))
  }
  for (const alike of sameVolume(paths.filter((path) => !inMaps.has(path)))) mine.push(...orphanDisks(alike))
  return { mine, foreign }
}

function orphanMap(map: MultipathMap, paths: readonly Path[]): Orphan {
  const what = `map ${map.name} (${map.block.name}) over ${paths.map(nameOf).join(', ')}`
  const name = map.uuid.slice('mpath-'.length)
  const objects = [mapObject(map), ...paths.map(diskOf)]
  const device = map.block.name
  return {
    what,
    reason: PROOF,
    objects,
    pending: [],
    device,
    volume: { name, ...adoptable(paths), objects: [...objects, ...belowOf(paths)] },
  }
}
/** Each disk goes by itself; together they are one volume. */
function orphanDisks(paths: readonly Path[]): Orphan[] {
  const [first] = paths
  const name = first?.disk.wwid
  return paths.map((path): Orphan => {
    const what = `disk ${nameOf(path)} (LUN ${path.disk.lun} of session ${path.session.id})`
    const device = path.disk.block?.name
    const orphan = { what, reason: PROOF, objects: [diskOf(path)], pending: [], ...(device === undefined ? {} : { device }) }
    if (name === undefined) return orphan
    return { ...orphan, volume: { name, ...adoptable(paths), objects: [...paths.map(diskOf), ...belowOf(paths)] } }
  })
}
function sameVolume(paths: readonly Path[]): Path[][] {
  const volumes = new Map<string, Path[]>()
  for (const path of paths) {
    const key = path.disk.wwid ?? path.disk.hctl
    volumes.set(key, [...(volumes.get(key) ?? []), path])
  }
  return [...volumes.values()]
}

function strayPaths(map: MultipathMap, paths: readonly Path[]): Stray[] {
  return paths.map((path) => ({
    what: `disk ${nameOf(path)} (LUN ${path.disk.lun} of session ${path.session.id})`,
    reason: `nobody claims it, and it is a path of map ${map.name}, which is not ours alone`,
  }))
}
function strayMap(map: MultipathMap, keys: Spoken): Stray[] {
  if (map.slaves.length > 0 || keys.has(mapObject(map).key)) return []
  return [
    { what: `map ${map.name} (${map.block.name})`, reason: 'it has no paths, so nothing tells who made it (multipath -f removes it)' },
  ]
}

const nameOf = ({ disk }: Path) => disk.block?.name ?? disk.hctl
const diskOf = ({ session, disk }: Path) => diskObject(session.id, disk.lun, disk, 'made')
/** The sessions of the paths, and their records. */
function belowOf(paths: readonly Path[]): HostObject[] {
  const objects = paths.flatMap(({ session, records }) => [sessionObject(session, 'made'), ...records.map(objectOf)])
  return [...new Map(objects.map((object) => [object.key, object])).values()]
}
/** The connection as an attach would have written it down, as far as the host tells. */
function adoptable(paths: readonly Path[]): { readonly connection: Entry['connection'] } {
  const username = paths[0]?.records[0]?.username
  const ways = paths.map(({ session, disk }) => ({ portal: formatPortal(session.portal), iqn: session.target, lun: String(disk.lun) }))
  const targets = [...new Map(ways.map((way) => [`${way.iqn} ${way.portal}`, way])).values()]
  const iface = plainIfaces(paths.map(({ session }) => session.iface))
  return { connection: { protocol: 'iscsi', targets, ...(username === undefined ? {} : { auth: { username } }), ...iface } }
}
