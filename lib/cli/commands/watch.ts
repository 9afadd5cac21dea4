import type { HealthEvent } from '../../index.js'
import type { Command } from '../command.js'

export const watch: Command = {
  name: 'watch',
  operands: '',
  mostOperands: 0,
  summary: 'Shows how the paths of attached volumes change, until it is interrupted or --timeout has passed',
  options: [],
  about: ['Begins with the volumes that are not healthy. With --json each event is a document on a line of its own.'],
  prepare: () =>
    Promise.resolve(async (attacher, call, tell) => {
      for await (const event of attacher.watch(call)) tell({ document: event, lines: [line(event)] })
      return undefined
    }),
}

const words: Readonly<Record<HealthEvent['health'], string>> = {
  healthy: 'all paths are active',
  degraded: 'fewer paths than the connection names',
  'one-path': 'WARNING: it runs on one path',
  'no-path': 'WARNING: it has no path',
  gone: 'WARNING: the device is gone',
}
function line({ at, id, device, health, active, inMap, named }: HealthEvent): string {
  return `${new Date(at).toISOString()}  ${id}  ${device}  ${words[health]} (${active} active, ${inMap} in use, ${named} named)`
}
