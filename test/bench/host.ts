/** The guest of a storm: its targets and daemons, what an attach must have come to, and that nothing is left. */
import { readdir, readFile } from 'node:fs/promises'
import { expectClean } from '../world/expect.js'
import { must, run } from '../world/real/shell.js'
import type { World } from '../world/world.js'
import type { Row, StormVolume } from './row.js'
import type { Stopwatch } from './stopwatch.js'

const IQN = 'iqn.2024-01.org.example:storm'
export const portalsOf = (row: Row) => Array.from({ length: row.portals }, (_, index) => `10.99.${index + 1}.1:3260`)

export interface Served {
  readonly storm: readonly StormVolume[]
  /** Volumes attached beforehand, for their sessions. */
  readonly before: readonly StormVolume[]
}
/** Puts the host in order and makes the targets of the row. */
export async function serve(world: World, row: Row): Promise<Served> {
  await world.reset()
  // If a single path is enough, the host is not configured to create a map of every disk.
  await world.multipathd('running', { findMultipaths: row.multipath ? 'greedy' : 'strict' })
  const portals = portalsOf(row)
  const storm: StormVolume[] = []
  const before: StormVolume[] = []
  for (let target = 0; target < row.targets; target++) {
    const iqn = `${IQN}${target}`
    const luns: Record<number, string> = {}
    for (let lun = 1; lun <= row.volumesOfEach + (row.onSessions ? 1 : 0); lun++) {
      const id = `v${target}-${lun}`
      await world.volume(id)
      if (row.missing === undefined) luns[lun] = id
      const isBefore = lun > row.volumesOfEach
      ;(isBefore ? before : storm).push({ id, iqn, lun, portals })
    }
    await world.target({ iqn, portals, luns })
  }
  return { storm, before }
}

/** Portals are addresses of this machine, so all their traffic uses its loopback device. */
export async function delay(ms: number | undefined): Promise<void> {
  if (ms === undefined) await run(['tc', 'qdisc', 'delete', 'dev', 'lo', 'root'])
  else {
    await must(['modprobe', 'sch_netem'])
    await must(['tc', 'qdisc', 'replace', 'dev', 'lo', 'root', 'netem', 'delay', `${ms}ms`])
  }
}

/** Cgroups of programs, so that each has a processor time of its own. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ['iscsid', 'iscsid'],
  ['multipathd', 'multipathd'],
  ['systemd-udevd', 'udevd and its workers'],
])
/** Their future children too. */
export async function groupDaemons(stopwatch: Stopwatch): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))) {
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
    const group = GROUPS.get(name) ?? (name.includes('udev-worker') ? 'udevd and its workers' : undefined)
    if (group !== undefined) await stopwatch.group(group, Number(pid))
  }
  await stopwatch.group('harness', process.pid)
}

/** The live paths that a map must have. */
export const pathsOf = (row: Row) => row.min ?? (row.portal === undefined ? row.portals : row.portals - 1)

/**
 * The state that all parties must come to, by device-mapper itself. While multipathd takes over a map that was made directly, it reloads
 * the map path by path. So such a map gets some time.
 */
export async function check(world: World, row: Row, name: string, volumes: number): Promise<void> {
  const paths = pathsOf(row)
  const until = world.now() + (isDirect(name) ? TAKEOVER_MS : 0)
  for (;;) {
    const disks = await world.disks()
    const maps = row.multipath ? await world.maps() : []
    const live = maps.map((map) => map.paths.filter(({ state }) => state === 'active').length)
    const good = row.multipath ? maps.length === volumes && live.every((count) => count >= paths) : disks.length === volumes
    if (good) return
    if (world.now() >= until)
      throw new Error(`${name} came to ${disks.length} disks and maps of ${live.join(', ')} paths, not ${volumes} of ${paths}`)
    await world.sleep(200)
  }
}
export const isDirect = (name: string) => name.includes('direct')
const TAKEOVER_MS = 60_000

export async function clean(world: World, name: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await expectClean(world, `after ${name}`)
      return
    } catch (error) {
      if (tries >= 20) throw error
      if (!name.startsWith('bound') && tries === 0) console.log(`  ${name} left something for a while: ${String(error)}`)
      await world.sleep(500)
    }
  }
}
