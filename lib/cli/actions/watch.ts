import type { HealthEvent } from '../../index.js'
import type { Task } from '../command.js'

export function prepareWatch(): Promise<Task> {
  return Promise.resolve(async ({ attacher, streamCall, tell }) => {
    for await (const event of (await attacher()).watch(streamCall())) tell({ document: event, lines: [line(event)] })
    return undefined
  })
}

const words: Readonly<Record<HealthEvent['health'], string>> = {
  healthy: 'all paths are active',
  degraded: 'WARNING: some paths are missing or failed',
  'one-path': 'WARNING: it runs on one path',
  'no-path': 'WARNING: it has no path',
  gone: 'WARNING: the device is gone',
}
function line({ at, id, device, health, active, inMap, named }: HealthEvent): string {
  return `${new Date(at).toISOString()}  ${id}  ${device}  ${words[health]} (${active} of ${named} paths active, ${inMap} in the map)`
}
