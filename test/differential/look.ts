/** The storage objects on the host, in a form that is equal for both parties. */
import type { World } from '../world/world.js'

export interface HostSeen {
  /** `iqn portal` */
  readonly sessions: readonly string[]
  readonly records: readonly string[]
  /** `iqn lun` */
  readonly disks: readonly string[]
  /** `name (active paths)` */
  readonly maps: readonly string[]
  /** Portals in open-iscsi's discovery database. */
  readonly discoveries: readonly string[]
}
export const KINDS = ['sessions', 'records', 'disks', 'maps', 'discoveries'] as const

const DISCOVERIES = ['/etc/iscsi/send_targets', '/var/lib/iscsi/send_targets']
const CALM_MS = 700
const PATIENCE_MS = 20_000

/** Waits until two snapshots agree, because udev and multipathd continue after both parties have answered. */
export async function calmHost(world: World): Promise<HostSeen> {
  let before = await look(world)
  for (const end = world.now() + PATIENCE_MS; world.now() < end; ) {
    await world.sleep(CALM_MS)
    const now = await look(world)
    if (JSON.stringify(now) === JSON.stringify(before)) return now
    before = now
  }
  return before
}

async function look(world: World): Promise<HostSeen> {
  const { sessions, records, disks, maps } = await world.leftovers()
  const seen = await world.maps()
  const withPaths = maps.map((name) => {
    const paths = seen.find((each) => each.name === name)?.paths ?? []
    return `${name} (${paths.filter(({ state }) => state === 'active').length} active)`
  })
  const discoveries = (await Promise.all(DISCOVERIES.map((directory) => world.list(directory)))).flat()
  return { sessions, records, disks, maps: withPaths, discoveries }
}

/** The objects in `after` that are not in `before`. For a map only its existence counts. */
export function added(before: HostSeen, after: HostSeen): Record<(typeof KINDS)[number], readonly string[]> {
  const plain = (each: string) => each.replace(/ \(\d+ active\)$/, '')
  const more = (kind: (typeof KINDS)[number]) => minus(after[kind].map(plain), before[kind].map(plain))
  return {
    sessions: more('sessions'),
    records: more('records'),
    disks: more('disks'),
    maps: more('maps'),
    discoveries: more('discoveries'),
  }
}
export function minus(from: readonly string[], taken: readonly string[]): string[] {
  const left = [...taken]
  return from.filter((each) => {
    const index = left.indexOf(each)
    if (index < 0) return true
    left.splice(index, 1)
    return false
  })
}
