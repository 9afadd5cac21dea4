/** An attacher in another process. It receives calls on its standard input and answers on its standard output. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Attacher } from '../../../lib/index.js'
import { realClock } from '../../../lib/host/clock.js'
import { EventHub } from '../../../lib/operation/event-hub.js'
import { fromFailure, lines, type Reply, type Request, revealed } from './wire.js'

/** The longest time from close() to the end of the process. */
const PATIENCE_MS = 10_000

export interface AgentOptions {
  readonly owner: string
  readonly stateDir: string
  readonly runDir: string
}

export function asAttacher(caller: Caller): Attacher {
  const ask = async <T>(method: string, ...args: unknown[]) => (await caller.ask(method, args)) as T
  return {
    attach: (request, call) => ask('attach', request, call),
    detach: (ref, call) => ask('detach', ref, call),
    inspect: (ref, call) => ask('inspect', ref, call),
    resize: (ref, call) => ask('resize', ref, call),
    forget: (id, call) => ask('forget', id, call),
    heal: (ref, call) => ask('heal', ref, call),
    list: (call) => ask('list', call),
    recover: (call) => ask('recover', call),
    identity: (call) => ask('identity', call),
    enumerate: (call) => ask('enumerate', call),
    doctor: (call) => ask('doctor', call),
    follow: () => {
      throw new Error('not over this connection')
    },
    events: (call) => caller.events.subscribe(call?.signal),
    watch: () => {
      throw new Error('No story watches from another process')
    },
    close: () => caller.close(),
    [Symbol.asyncDispose]: () => caller.close(),
  }
}

export class Caller {
  readonly events = new EventHub(realClock)
  readonly ready: Promise<void>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  /** Resolves when the process has ended and all its output has been read. */
  readonly ended: Promise<void>
  #over = false
  #count = 0
  #complaints = ''

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stderr.on('data', (data: Buffer) => (this.#complaints += data.toString()))
    child.stdin.on('error', () => undefined)
    this.ready = new Promise((resolve, reject) => this.#waiting.set(0, { resolve: () => resolve(), reject }))
    child.stdout.setEncoding('utf8').on(
      'data',
      lines((line) => this.#take(JSON.parse(line) as Reply)),
    )
    this.ended = new Promise((resolve) =>
      child.on('close', (code) => {
        this.#over = true
        const error = new Error(`The process ended with ${code}: ${this.#complaints.trim()}`)
        for (const { reject } of this.#waiting.values()) reject(error)
        this.#waiting.clear()
        void this.events.close().then(resolve)
      }),
    )
  }

  async ask(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#over) throw new Error('The process has ended')
    const id = ++this.#count
    const signals = args.map((each) => (each as { signal?: AbortSignal } | undefined)?.signal)
    const signal = signals.find((each) => each !== undefined)
    const plain = args.map((each, index) => revealed(signals[index] === undefined ? each : { ...(each as object), signal: undefined }))
    const cancel = () => this.send({ cancel: id })
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.send({ id, method, args: plain, aborted: signal?.aborted ?? false })
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }
  async close(): Promise<void> {
    if (!this.#over) await this.ask('close', [])
    this.#child.stdin.end()
    // A closed attacher keeps no process alive.
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await this.ended
    clearTimeout(timer)
    if (this.#child.exitCode !== 0) throw new Error(`The process did not end by itself after close(): ${this.#complaints.trim()}`)
  }

  send(request: Request): void {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
  }
  #take(reply: Reply): void {
    if ('event' in reply) {
      this.events.publish(reply.event)
      return
    }
    const id = 'ready' in reply ? 0 : reply.id
    const caller = this.#waiting.get(id)
    this.#waiting.delete(id)
    if ('ready' in reply) caller?.resolve(undefined)
    else if (reply.failure !== undefined) caller?.reject(fromFailure(reply.failure))
    else caller?.resolve(reply.answer)
  }
}
