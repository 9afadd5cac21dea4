import type { HealthEvent } from '../../index.js'
import type { Task } from '../command.js'
import { type Line, type Toned, toned } from '../text/toned.js'

export function prepareWatch(): Promise<Task> {
  return Promise.resolve(async ({ attacher, streamCall, tell }) => {
    for await (const event of (await attacher()).watch(streamCall())) tell({ document: event, lines: [line(event)] })
    return undefined
  })
}

const words: Readonly<Record<HealthEvent['health'], Toned>> = {
  healthy: toned('good', 'all paths are active'),
  degraded: toned('warning', 'WARNING: some paths are missing or failed'),
  'one-path': toned('warning', 'WARNING: it runs on one path'),
  'no-path': toned('bad', 'WARNING: it has no path'),
  gone: toned('bad', 'WARNING: the device is gone'),
}
function line({ at, id, device, health, active, inMap, named }: HealthEvent): Line {
  const count = `${active} of ${named} paths active, ${inMap} in the map`
  return [`${new Date(at).toISOString()}  ${id}  ${device}  `, words[health], ` (${count})`]
}
