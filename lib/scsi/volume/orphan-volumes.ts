/** Disks that no claim names, of nexuses that this owner provably created, and the maps over them. */
import type { MultipathMap } from '../../linux/multipath/map.js'
import type { ScsiDisk } from '../../linux/scsi/disk.js'
import { mapObject } from '../../multipath/objects.js'
import type { Orphan, Orphans, Unverified } from '../../operation/connector.js'
import type { HostObject } from '../../operation/entry.js'
import { diskObject } from '../disk/objects.js'
import type { SurveyedNexus, Survey, SurveyOrphans } from '../transport.js'

interface Path {
  readonly seen: SurveyedNexus
  readonly disk: ScsiDisk
}

/** `claimed`: keys of all objects that claims and journal name. */
export function orphanVolumes(
  survey: Survey,
  { created, proof }: SurveyOrphans,
  maps: readonly MultipathMap[],
  claimed: ReadonlySet<string>,
): Orphans {
  const paths = created.flatMap((seen) => seen.disks.map((disk): Path => ({ seen, disk }))).filter((path) => !claimed.has(diskOf(path).key))
  const mine: Orphan[] = []
  const foreign: Unverified[] = []
  const inMaps = new Set<Path>()
  for (const map of maps) {
    const members = paths.filter(({ disk }) => disk.block !== undefined && map.slaves.includes(disk.block.name))
    for (const member of members) inMaps.add(member)
    if (!claimed.has(mapObject(map, 'found').key) && members.length > 0 && members.length === map.slaves.length)
      mine.push(orphanMap(survey, proof, map, members))
    else foreign.push(...unverifiedPaths(map, members), ...unverifiedMap(map, claimed))
  }
  for (const alike of sameVolume(paths.filter((path) => !inMaps.has(path)))) mine.push(...orphanDisks(survey, proof, alike))
  return { mine, foreign }
}

function orphanMap(survey: Survey, reason: string, map: MultipathMap, paths: readonly Path[]): Orphan {
  const what = `map ${map.name} (${map.block.name}) over ${paths.map(nameOf).join(', ')}`
  const name = map.uuid.slice('mpath-'.length)
  const objects = [mapObject(map, 'created'), ...paths.map(diskOf)]
  const device = map.block.name
  const volume = { name, connection: survey.connection(paths), objects: [...objects, ...belowOf(paths)] }
  return { what, reason, objects, pending: [], device, volume }
}
/** Each disk is an orphan by itself. Together they are one volume. */
function orphanDisks(survey: Survey, reason: string, paths: readonly Path[]): Orphan[] {
  const [first] = paths
  const name = first?.disk.wwid
  return paths.map((path): Orphan => {
    const device = path.disk.block?.name
    const orphan = { what: inWords(path), reason, objects: [diskOf(path)], pending: [], ...(device === undefined ? {} : { device }) }
    if (name === undefined) return orphan
    return { ...orphan, volume: { name, connection: survey.connection(paths), objects: [...paths.map(diskOf), ...belowOf(paths)] } }
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

function unverifiedPaths(map: MultipathMap, paths: readonly Path[]): Unverified[] {
  return paths.map((path) => ({
    what: inWords(path),
    reason: `no claim names it, and it is a path of map ${map.name}, which another program created or uses`,
  }))
}
function unverifiedMap(map: MultipathMap, claimed: ReadonlySet<string>): Unverified[] {
  if (map.slaves.length > 0 || claimed.has(mapObject(map, 'found').key)) return []
  return [{ what: `map ${map.name} (${map.block.name})`, reason: 'it has no paths, so its creator is unknown (multipath -f removes it)' }]
}

const nameOf = ({ disk }: Path) => disk.block?.name ?? disk.hctl
const inWords = (path: Path) => `disk ${nameOf(path)} (LUN ${path.disk.lun} of ${path.seen.nexus.key})`
const diskOf = ({ seen, disk }: Path) => diskObject(seen.nexus.key, disk.lun, disk, 'created')
/** The objects that the transport has for the paths. */
function belowOf(paths: readonly Path[]): HostObject[] {
  const objects = paths.flatMap(({ seen }) => seen.objects)
  return [...new Map(objects.map((object) => [object.key, object])).values()]
}
