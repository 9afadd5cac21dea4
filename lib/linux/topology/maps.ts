/** Multipath maps as device-mapper knows them: their settings, and the states of their paths. sysfs does not contain these. */
import type { MapNode } from '../../api/topology.js'
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { parseMapTable } from '../multipath/parse-table.js'
import { type MapStatus, parseMapStatus } from '../multipath/status.js'

export interface MapFacts {
  readonly status: MapStatus
  readonly settings: MapNode | undefined
}
export interface Maps {
  /** By uuid. A map that was removed during the query has none. */
  readonly maps: ReadonlyMap<string, MapFacts>
  readonly unseen: readonly string[]
}

/** Two ioctls for each map: device-mapper answers about one device at a time. */
export async function readMaps(host: Host, uuids: readonly string[], signal: AbortSignal): Promise<Maps> {
  const maps = new Map<string, MapFacts>()
  const ask = async (uuid: string) => {
    const query = async (command: 'status' | 'table') => {
      const answer = await host.kernel.deviceMapper({ uuid, command }, signal)
      return answer?.targets[0]?.parameters ?? ''
    }
    const [statusLine, tableLine] = await Promise.all([query('status'), query('table')])
    const status = parseMapStatus(statusLine)
    if (status !== undefined) maps.set(uuid, { status, settings: settingsOf(tableLine, status) })
  }
  try {
    await Promise.all(uuids.map(ask))
  } catch (error) {
    return { maps, unseen: [`states of the paths of multipath maps (${whyNot(error)})`] }
  }
  return { maps, unseen: [] }
}

/** `undefined` also when another table was loaded between the two queries. */
function settingsOf(tableLine: string, status: MapStatus): MapNode | undefined {
  const table = parseMapTable(tableLine)
  if (table === undefined || table.groups.length !== status.groups.length) return undefined
  const { features, handler, groups } = table
  return {
    features,
    queueIfNoPath: features.includes('queue_if_no_path'),
    ...(handler.length === 0 ? {} : { hardwareHandler: handler.join(' ') }),
    groups: groups.map(({ selector }, index) => ({ state: status.groups[index] ?? 'unknown', selector })),
  }
}

function whyNot(error: unknown): string {
  if (isBrickworkError(error, 'ERR_PERMISSION')) return 'no permission'
  if (isBrickworkError(error, 'ERR_NATIVE_UNAVAILABLE')) return "Brickwork's native part is missing"
  // A container that has the host's sysfs, but not its device nodes.
  if (isBrickworkError(error, 'ERR_KERNEL') && error.details['errno'] === 'ENOENT') return 'no /dev/mapper/control'
  throw error
}
