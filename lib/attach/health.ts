/** Reports changes of the health of attached volumes. A kernel event triggers a new reading, and the reading decides. */
import type { Host } from '../core/host.js'
import { first } from '../core/signal.js'
import { parseMapStatus } from '../linux/multipath/status.js'
import type { HealthEvent } from '../api/events.js'
import type { Entry } from '../operation/entry.js'
import type { RunningOperations } from './running-operations.js'

export interface HealthParts {
  readonly host: Host
  /** Entries of the volumes that are attached now. */
  readonly attached: () => Promise<readonly Entry[]>
  readonly operations: RunningOperations
}
type Health = Pick<HealthEvent, 'health' | 'active' | 'inMap' | 'named'>

/** First reports every volume that is not healthy, then each change. Ends when the signal aborts. */
export async function* watchHealth({ host, attached, operations }: HealthParts, signal: AbortSignal): AsyncGenerator<HealthEvent> {
  using watch = await host.events.watch([])
  const told = new Map<string, string>()
  for (;;) {
    const entries = await attached()
    for (const id of told.keys()) if (entries.every((entry) => entry.id !== id)) told.delete(id)
    for (const entry of entries) {
      if (signal.aborted) return
      if (operations.underWay(entry.id)) continue // the running operation causes these changes
      watch.add(keysOf(entry))
      const health = await healthOf(host, entry, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error
        return undefined
      })
      if (health === undefined) return
      const now = JSON.stringify(health)
      const before = told.get(entry.id)
      told.set(entry.id, now)
      if (before === now || (before === undefined && health.health === 'healthy')) continue
      yield { type: 'paths', at: host.clock.wallMs(), id: entry.id, device: entry.result?.device ?? '', ...health }
    }
    try {
      await first(
        signal,
        (ended) => watch.next(ended),
        (ended) => operations.ended(ended),
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

export async function healthOf(host: Host, entry: Entry, signal: AbortSignal): Promise<Health> {
  const named = entry.result?.named ?? 1
  const uuid = mapUuidOf(entry)
  const [active, inMap] = uuid === undefined ? await pathsOfDevice(host, nameOf(entry)) : await pathsOfMap(host, uuid, signal)
  return { health: judge(active, inMap, named), active, inMap, named }
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
