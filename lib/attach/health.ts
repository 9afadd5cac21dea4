/** Reports changes of the health of attached volumes. A kernel event triggers a new reading, and the reading decides. */
import type { Host } from '../core/host.js'
import { first } from '../core/signal.js'
import { parseMapStatus } from '../linux/multipath/status.js'
import type { HealthEvent } from '../api/events.js'
import type { Connector, PathState } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { RunningOperations } from './running-operations.js'

export interface HealthParts {
  readonly host: Host
  /** Entries of the volumes that are attached now. */
  readonly attached: () => Promise<readonly Entry[]>
  readonly operations: RunningOperations
  readonly connectorOf: (protocol: string) => Connector | undefined
}
type Health = Pick<HealthEvent, 'health' | 'active' | 'inMap' | 'named' | 'paths'>
/** How often paths are looked at whose changes no event announces. */
const QUERY_MS = 1000

/** First reports every volume that is not healthy, then each change. Ends when the signal aborts. */
export async function* watchHealth(
  { host, attached, operations, connectorOf }: HealthParts,
  signal: AbortSignal,
): AsyncGenerator<HealthEvent> {
  using watch = await host.events.watch([])
  const told = new Map<string, Health>()
  for (;;) {
    const entries = await attached()
    let isAsked = false
    for (const id of told.keys()) if (entries.every((entry) => entry.id !== id)) told.delete(id)
    for (const entry of entries) {
      if (signal.aborted) return
      if (operations.underWay(entry.id)) continue // the running operation causes these changes
      watch.add(keysOf(entry))
      const connector = connectorOf(entry.connection.protocol)
      if (connector?.pathStates !== undefined) isAsked = true
      const health = await healthOf(host, entry, signal, connector).catch((error: unknown) => {
        if (!signal.aborted) throw error
        return undefined
      })
      if (health === undefined) return
      const before = told.get(entry.id)
      told.set(entry.id, health)
      if (JSON.stringify(before) === JSON.stringify(health) || (before === undefined && health.health === 'healthy')) continue
      const about = { at: host.clock.wallMs(), id: entry.id, device: entry.result?.device ?? '' }
      for (const path of revokedPaths(before, health)) yield { type: 'access:revoked', ...about, ...health, path }
      yield { type: 'paths', ...about, ...health }
    }
    try {
      await first(
        signal,
        (ended) => watch.next(ended),
        (ended) => operations.ended(ended),
        ...(isAsked ? [(ended: AbortSignal) => host.clock.sleep(QUERY_MS, ended)] : []),
      )
    } catch (error) {
      if (!signal.aborted) throw error
      return
    }
  }
}

/** The kind of map objects, the same in all protocols. */
const MAP = 'map'
function mapUuidOf({ objects }: Entry): string | undefined {
  const uuid = objects.find(({ kind, origin }) => kind === MAP && origin !== 'intended')?.data['uuid']
  return typeof uuid === 'string' ? uuid : undefined
}
const nameOf = ({ result }: Entry) => result?.device.replace(/^\/dev\//, '') ?? ''
const keysOf = (entry: Entry) => [nameOf(entry), `uuid:${mapUuidOf(entry) ?? ''}`]

export async function healthOf(host: Host, entry: Entry, signal: AbortSignal, connector?: Connector): Promise<Health> {
  const named = entry.result?.named ?? 1
  if (connector?.pathStates !== undefined) return healthOfPaths(await connector.pathStates(host, entry, signal), named)
  const uuid = mapUuidOf(entry)
  const [active, inMap] = uuid === undefined ? await pathsOfDevice(host, nameOf(entry)) : await pathsOfMap(host, uuid, signal)
  return { health: judge(active, inMap, named), active, inMap, named }
}
/** A path that takes no I/O now by the array's choice is no failure, as long as another one does: half of the paths may always be so. */
function healthOfPaths(states: readonly PathState[] | undefined, named: number): Health {
  if (states === undefined) return { health: 'gone', active: 0, inMap: 0, named }
  const active = states.some(({ isAccessible }) => isAccessible) ? states.filter(({ isUp }) => isUp).length : 0
  const there = states.filter(({ state }) => state !== 'removed').length
  const paths = states.map(({ label, state, anaState, endsByItself }) => {
    return { label, state, ...(anaState === undefined ? {} : { anaState }), endsByItself }
  })
  return { health: there === 0 ? 'no-path' : judge(active, there, named), active, inMap: there, named, paths }
}
/** Labels of paths that the kernel has given up although it was to try for ever: the target has refused this host. */
function revokedPaths(before: Health | undefined, { paths = [] }: Health): readonly string[] {
  const old = new Map((before?.paths ?? []).map((path) => [path.label, path]))
  return paths.flatMap(({ label, state }) => {
    const was = old.get(label)
    return state === 'removed' && was !== undefined && was.state === 'connecting' && !was.endsByItself ? [label] : []
  })
}
async function pathsOfMap(host: Host, uuid: string, signal: AbortSignal): Promise<[number, number]> {
  const status = await host.kernel.deviceMapper({ uuid, command: 'status' }, signal)
  const paths = parseMapStatus(status?.targets[0]?.parameters ?? '')?.paths ?? []
  return [paths.filter(({ active }) => active).length, paths.length]
}
/** Of a single disk only its removal is visible: no event announces the health of its one path. */
async function pathsOfDevice(host: Host, name: string): Promise<[number, number]> {
  return (await host.files.stat(`/sys/class/block/${name}`)) === undefined ? [0, 0] : [1, 1]
}
function judge(active: number, inMap: number, named: number): HealthEvent['health'] {
  if (inMap === 0) return 'gone'
  if (active === 0) return 'no-path'
  if (active >= named) return 'healthy'
  return active === 1 ? 'one-path' : 'degraded'
}
