/** The returned device leads to the requested volume, by each of its paths. */
import type { BlockAttachment } from '../../lib/index.js'
import { markOf } from './attached.js'
import type { Way } from './layout.js'
import { sessionsSeen } from './look.js'
import { Violation } from './violation.js'
import type { World } from './world.js'

/** Called when the answer comes. Changes of the storage side during the attach are allowed for. */
export function rightVolume(
  world: World,
  way: Way,
  { device, paths, stableLink, udevReady, reused }: BlockAttachment,
  fromMs: number,
  expected: string | undefined,
): void {
  const { host } = world
  const wrong = (what: string) => {
    throw new Violation('the device leads to the volume that was asked for', `${device} (${way.name}): ${what}`)
  }
  if (stableLink === null || host.real(stableLink) !== host.real(device)) wrong('the stable link does not lead to it')
  const { side } = world.layout
  // The map may have paths of other attachments, at places that this one does not name.
  const turned = side.places.map((place) => side.shownSince(place, fromMs)).filter(({ length }) => length > 1)
  const allowed = new Set(
    way.places.length === 0 ? [way.volume] : [...way.places.flatMap((place) => side.shownSince(place, fromMs)), ...turned.flat()],
  )
  // A path that was accepted and is not in the map counts as well. If the map is shared, another attachment is responsible for its own
  // paths.
  const own = paths.flatMap((path) => host.volumesBehind(path.device))
  const isShared = world.attached.all().some((each) => each.device === device && each.mark === markOf(host, device))
  const behind = [...new Set([...(isShared ? [] : host.volumesBehind(device)), ...own])]
  const stray = behind.find((volume) => volume !== '' && !allowed.has(volume))
  if (stray !== undefined) wrong(`one of its paths leads to ${stray}`)
  if (new Set(behind.filter((volume) => volume !== '')).size > 1 && allowed.size <= 1) wrong(`its paths lead to ${behind.join(', ')}`)
  if (!reused && turned.length === 0 && new Set(behind.filter((volume) => volume !== '')).size > 1)
    wrong(`its paths lead to ${behind.join(', ')}`)
  if (udevReady && turned.length === 0) described(world, device, behind)
  if (expected === undefined) return
  const unchanged = turned.length === 0
  const named = (volume: string) => `naa.${host.storage.volumeNamed(volume).naa ?? ''}`
  const other = behind.find((volume) => volume !== '' && named(volume) !== expected)
  if (unchanged && way.places.length > 0 && other !== undefined) wrong(`one of its paths leads to ${other}, expected ${expected}`)
}

/**
 * Each path that the answer names belongs to a session of a portal that was asked for, wherever the login ended up; and a new disk has been read.
 *
 * @param marks of the disks that were there when the attach began
 */
export function countingPaths(
  world: World,
  { connection }: Way,
  { device, paths, reused }: BlockAttachment,
  fromMs: number,
  marks: ReadonlySet<string | undefined>,
): void {
  if (connection.protocol !== 'iscsi' || reused) return
  const { host, layout } = world
  const wrong = (what: string) => {
    throw new Violation('a path is of a portal that was asked for, and its disk has been read', `${device}: ${what}`)
  }
  const asked = new Set(connection.targets.map(({ portal, iqn }) => `${iqn} ${portal?.replace(':', ' ') ?? ''}`))
  const sessions = new Map(sessionsSeen(host).map((session) => [session.id, session]))
  for (const path of paths) {
    const session = sessions.get(path.iscsi?.session ?? -1)
    if (session === undefined) continue
    if (!asked.has(`${session.iqn} ${session.portal}`)) wrong(`${path.device} is of a session to ${session.iqn} at ${session.portal}`)
    if (!marks.has(markOf(host, path.device)) && layout.side.lossySince(session.peer, fromMs))
      wrong(`${path.device} cannot have been read: large packets from ${session.peer} are lost`)
  }
}

/**
 * The content in udev's database is that of the volume. udev's rules skip the content of multipath's paths, and read a local disk only at
 * its start.
 */
function described({ host }: World, device: string, behind: readonly string[]): void {
  const [volume = ''] = behind.filter((each) => each !== '')
  if (volume === '' || device.startsWith('/dev/vd')) return
  const number = host.text(`/sys/class/block/${device.slice('/dev/'.length)}/dev`) ?? ''
  const record = host.text(`/run/udev/data/b${number}`) ?? ''
  if (record.includes('E:DM_MULTIPATH_DEVICE_PATH=1')) return
  const said = (/^E:ID_FS_TYPE=(.*)$/m.exec(record)?.[1] ?? 'blank').replace('LVM2_member', 'lvm')
  const { content } = host.storage.volumeNamed(volume)
  if (said !== content)
    throw new Violation("udev's database describes the volume that was attached", `${device} holds ${content}, and udev says ${said}`)
}
