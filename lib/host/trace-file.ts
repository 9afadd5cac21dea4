/**
 * Writes what the process does to a file in Chrome's trace format (Trace Event Format, "JSON Array Format"). Complete events `X` are in
 * microseconds, metadata events `M` name the rows, and the closing bracket may be missing. https://ui.perfetto.dev opens it.
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

import type { Log } from '../core/host.js'
import { traceChannels, type TraceName, type Traces } from '../core/tracing.js'
import { systemError } from './errors.js'

export interface TraceFile {
  /** Writes the remaining events and closes the file. */
  end(): Promise<void>
}
interface Running {
  readonly at: number
  readonly lane: number
  readonly group: string
}
type Told = object & { readonly error?: unknown }

/**
 * Creates the file, readable and writable by its owner only. Never follows or overwrites an existing file or link.
 * @throws `ERR_KERNEL` (`EEXIST` when the file exists), `ERR_PERMISSION`.
 */
export async function openTraceFile(path: string, log: Log): Promise<TraceFile> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600).catch((error: unknown) => {
    throw systemError(error, path)
  })
  const lanes = new Lanes()
  const running = new WeakMap<object, Running>()
  let waiting = '[\n'
  let writing: Promise<void> | undefined
  let broken = false
  const write = async (): Promise<void> => {
    while (waiting !== '' && !broken) {
      const text = waiting
      waiting = ''
      await handle.writeFile(text).catch((error: unknown) => {
        broken = true
        log.warn({ path, error }, 'the trace can no longer be written')
      })
    }
    writing = undefined
  }
  const say = (event: object): void => {
    if (broken) return
    waiting += `${JSON.stringify(event)},\n`
    writing ??= write()
  }
  const subscriptions = Object.entries(traceChannels).map(([name, channel]) => {
    const subscribers = {
      start: (message: object) => {
        const group = groupOf(name as TraceName, message as Traces[TraceName])
        const { lane, fresh } = lanes.take(group)
        if (fresh) say({ name: 'thread_name', ph: 'M', pid: process.pid, tid: lane, args: { name: group } })
        running.set(message, { at: performance.now(), lane, group })
      },
      asyncEnd: (message: object) => {
        const begun = running.get(message)
        if (begun === undefined) return
        running.delete(message)
        lanes.giveBack(begun.group, begun.lane)
        const { error } = message as Told
        const span = { ts: Math.round(begun.at * 1000), dur: Math.round((performance.now() - begun.at) * 1000) }
        say({ ...described(name as TraceName, message as Traces[TraceName], error), ph: 'X', pid: process.pid, tid: begun.lane, ...span })
      },
      end: () => undefined,
      asyncStart: () => undefined,
      error: () => undefined,
    }
    channel.subscribe(subscribers)
    return () => channel.unsubscribe(subscribers)
  })
  let ended: Promise<void> | undefined
  const end = async () => {
    for (const unsubscribe of subscriptions) unsubscribe()
    waiting += `${JSON.stringify({ name: 'process_name', ph: 'M', pid: process.pid, args: { name: 'brickwork' } })}\n]\n`
    await (writing ?? write())
    await handle.close()
  }
  return { end: () => (ended ??= end()) }
}

function groupOf(name: TraceName, context: Traces[TraceName]): string {
  if (name === 'command') return 'programs'
  if (name === 'kernel') return 'kernel'
  const { id } = context as Traces['step']
  return name === 'step' ? `${id}: steps` : id
}
function described(name: TraceName, context: Traces[TraceName], error: unknown): object {
  const { step, path, argv, call, subject, owner } = context as Partial<Traces['step'] & Traces['command'] & Traces['kernel']>
  const title = step ?? call ?? argv?.slice(0, 1).join('') ?? name
  const failure = error instanceof Error ? { error: 'code' in error ? error.code : error.name } : {}
  return { name: title, cat: name, args: { path, argv: argv?.join(' '), subject, owner, ...failure } }
}

/** Number of attachments whose rows are remembered, so that their next operation uses the same rows. */
const MOST_GROUPS = 1000

/** Rows of the trace. Events of one group that overlap in time get separate rows. */
class Lanes {
  readonly #free = new Map<string, number[]>()
  #last = 0

  take(group: string): { lane: number; fresh: boolean } {
    const free = this.#free.get(group)
    const lane = free?.shift()
    if (lane !== undefined) return { lane, fresh: false }
    this.#last += 1
    return { lane: this.#last, fresh: true }
  }
  giveBack(group: string, lane: number): void {
    const free = this.#free.get(group) ?? []
    free.push(lane)
    this.#free.set(
      group,
      free.sort((a, b) => a - b),
    )
    const [oldest] = this.#free.keys()
    if (this.#free.size > MOST_GROUPS && oldest !== undefined) this.#free.delete(oldest)
  }
}
