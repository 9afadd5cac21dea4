/** `--verbose`: prints events as they happen. */
import { isBrickworkError } from '../core/errors.js'
import { waitInWords } from '../core/waiting-words.js'
import type { OperationEvent } from '../index.js'
import { formatDuration } from './duration.js'
import { toJson } from './text/json.js'

/** A step that takes longer than this is announced as running. */
const LONG_MS = 1000

/** Prints events as lines for people, until the stream ends. */
export async function followEvents(events: AsyncIterable<OperationEvent>, say: (line: string) => void): Promise<void> {
  const waiting = new Map<string, NodeJS.Timeout>()
  let begin: number | undefined
  for await (const event of events) {
    begin ??= event.at
    const key = event.type === 'step:start' || event.type === 'step:end' ? `${event.step} ${event.path ?? ''}` : ''
    if (event.type === 'step:start') {
      const announce = () => say(`${'…'.padStart(9)}  ${key.trimEnd()} is running`)
      waiting.set(key, setTimeout(announce, LONG_MS))
      continue
    }
    clearTimeout(waiting.get(key))
    say(`${formatDuration(event.at - begin).padStart(9)}  ${describe(event)}`)
  }
  for (const timer of waiting.values()) clearTimeout(timer)
}

function describe(event: Exclude<OperationEvent, { type: 'step:start' }>): string {
  switch (event.type) {
    case 'operation:start':
      return `${event.operation} of ${nameOf(event.id)} begins`
    case 'operation:end':
      return event.outcome === 'ok'
        ? `${event.operation} of ${nameOf(event.id)} is done (${formatDuration(event.ms)})`
        : `${event.operation} of ${nameOf(event.id)} failed: ${event.outcome} (${formatDuration(event.ms)})`
    case 'step:end':
      return [
        event.step.padEnd(14),
        formatDuration(event.ms).padStart(8),
        ...(event.path === undefined ? [] : [event.path]),
        ...(event.outcome === 'ok' ? [] : [event.outcome]),
      ].join('  ')
    case 'waiting':
      return describeWait(event)
    case 'missed':
      return `note: ${event.count} events were dropped: they were not read in time`
    case 'map:unmanaged':
      return `note: multipathd has not taken over map ${event.map}`
    case 'note':
      return `note: ${event.message}${formatFields(event.fields)}`
  }
}

export function describeWait({ awaited, heldBy, at }: Extract<OperationEvent, { type: 'waiting' }>): string {
  return `waiting for ${waitInWords(awaited, heldBy, at)}`
}

/** An operation that removes orphans has an empty id. */
function nameOf(id: string): string {
  return id === '' ? 'orphans' : id
}

export function formatFields(fields: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(fields).filter(([name, value]) => name !== 'id' && value !== undefined)
  return said.length === 0 ? '' : ` (${said.map(([name, value]) => `${name}: ${formatValue(value)}`).join(', ')})`
}
function formatValue(value: unknown): string {
  if (typeof value === 'string') return value
  return isBrickworkError(value) ? `${value.code}: ${value.message}` : toJson(value)
}
