/** Events of an operation as lines of the log. */
import type { OperationEvent } from '../api/events.js'
import type { Log } from '../core/host.js'
import { waitInWords } from '../core/waiting-words.js'

/** Notes have their own lines: some are warnings. */
export function logEvent(log: Log, event: OperationEvent): void {
  switch (event.type) {
    case 'operation:start':
      log.debug({ id: event.id }, `${event.operation}: begins`)
      return
    case 'operation:end': {
      const { id, outcome, sideEffects, ms } = event
      log.debug({ id, outcome, ...(sideEffects === undefined ? {} : { sideEffects }), ms }, `${event.operation}: ended`)
      return
    }
    case 'step:start':
      log.debug({ id: event.id, ...pathOf(event) }, `step ${event.step}: begins`)
      return
    case 'step:end':
      log.debug({ id: event.id, ...pathOf(event), outcome: event.outcome, ms: event.ms }, `step ${event.step}: ended`)
      return
    case 'waiting':
      log.debug({ id: event.id, ms: event.waitedMs }, `waits for ${waitInWords(event.awaited, event.heldBy, event.at)}`)
      return
    case 'map:unmanaged':
      log.warn({ id: event.id, map: event.map }, 'multipathd has not taken over the map: a path of it that fails does not return')
      return
    case 'note':
    case 'missed':
  }
}

const pathOf = ({ path }: { readonly path?: string }) => (path === undefined ? {} : { path })
