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
  const running = new RunningSteps((step) => say(`${'…'.padStart(9)}  ${step} is running`))
  let begin: number | undefined
  for await (const event of events) {
    begin ??= event.at
    const key = event.type === 'step:start' || event.type === 'step:end' ? `${event.step} ${event.path ?? ''}`.trimEnd() : ''
    if (event.type === 'step:start') {
      running.begin(key)
      continue
    }
    running.end(key)
    say(`${formatDuration(event.at - begin).padStart(9)}  ${describe(event)}`)
  }
  running.endAll()
}

/** Announces steps that take long. Several of one name may run at once, and are announced as one. */
class RunningSteps {
  readonly #announce: (step: string) => void
  readonly #steps = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>()

  constructor(announce: (step: string) => void) {
    this.#announce = announce
  }
  begin(step: string): void {
    const running = this.#steps.get(step)
    if (running === undefined) this.#steps.set(step, { count: 1, timer: setTimeout(() => this.#announce(step), LONG_MS) })
    else running.count += 1
  }
  end(step: string): void {
    const running = this.#steps.get(step)
    if (running === undefined || --running.count > 0) return
    clearTimeout(running.timer)
    this.#steps.delete(step)
  }
  endAll(): void {
    for (const { timer } of this.#steps.values()) clearTimeout(timer)
  }
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
