/** The states of the paths of multipath maps, from device-mapper. sysfs does not contain them. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { type MapStatus, parseMapStatus } from '../multipath/status.js'

export interface MapStatuses {
  /** By uuid. A map that was removed during the query has none. */
  readonly statuses: ReadonlyMap<string, MapStatus>
  readonly unseen: readonly string[]
}

/** One ioctl for each map: device-mapper answers about one device at a time. */
export async function readMapStatuses(host: Host, uuids: readonly string[], signal: AbortSignal): Promise<MapStatuses> {
  const statuses = new Map<string, MapStatus>()
  const ask = async (uuid: string) => {
    const answer = await host.kernel.deviceMapper({ uuid, command: 'status' }, signal)
    const status = parseMapStatus(answer?.targets[0]?.parameters ?? '')
    if (status !== undefined) statuses.set(uuid, status)
  }
  try {
    await Promise.all(uuids.map(ask))
  } catch (error) {
    return { statuses, unseen: [`states of the paths of multipath maps (${whyNot(error)})`] }
  }
  return { statuses, unseen: [] }
}

function whyNot(error: unknown): string {
  if (isBrickworkError(error, 'ERR_PERMISSION')) return 'no permission'
  if (isBrickworkError(error, 'ERR_NATIVE_UNAVAILABLE')) return "Brickwork's native part is missing"
  // A container that has the host's sysfs, but not its device nodes.
  if (isBrickworkError(error, 'ERR_KERNEL') && error.details['errno'] === 'ENOENT') return 'no /dev/mapper/control'
  throw error
}
