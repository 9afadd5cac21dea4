/** The library's output while a scenario runs: the events of all its attachers, and its warnings. */
import { type Attacher, isBrickworkError, type Log, type OperationEvent } from '../../lib/index.js'
import type { AgentProcess, World } from '../world/world.js'

export class Timeline {
  readonly #entries: { readonly at: number; readonly text: string }[] = []
  readonly #attachers: Attacher[] = []
  readonly #stateDirs = new Set<string>()
  #count = 0

  /** The world, with the events of every attacher recorded. */
  watch(world: World): World {
    this.#stateDirs.add(world.stateDir)
    return passingOn(world, { attacher: (options) => this.#attacher(world, options), agent: (options) => this.#agent(world, options) })
  }
  async #agent(world: World, options: Parameters<World['agent']>[0]): Promise<AgentProcess> {
    this.#stateDirs.add(options?.stateDir ?? world.stateDir)
    const agent = await world.agent(options)
    const number = ++this.#count
    void this.#listen(agent.attacher.events(), number)
    void agent.ended.then(() => this.#entries.push({ at: Date.now(), text: `${number}: the process is gone` }))
    return { ...agent, attacher: this.#withFailures(agent.attacher, number) }
  }
  async #attacher(world: World, options: Parameters<World['attacher']>[0]): Promise<Attacher> {
    this.#stateDirs.add(options?.stateDir ?? world.stateDir)
    const attacher = await world.attacher(options)
    this.#attachers.push(attacher)
    const number = ++this.#count
    void this.#listen(attacher.events(), number)
    return this.#withFailures(attacher, number)
  }
  /** Adds whole failures, because events contain only their codes. */
  #withFailures(attacher: Attacher, number: number): Attacher {
    const note = (error: unknown) => {
      this.#entries.push({ at: Date.now(), text: `${number}: ${explain(error)}` })
      throw error
    }
    return passingOn(attacher, {
      attach: (request, call) => attacher.attach(request, call).catch(note),
      detach: (ref, call) => attacher.detach(ref, call).catch(note),
      recover: (call) => attacher.recover(call).catch(note),
    })
  }
  async #listen(events: AsyncIterable<OperationEvent>, number: number): Promise<void> {
    for await (const event of events) this.#entries.push({ at: event.at, text: `${number}: ${describe(event)}` })
  }
  readonly log: Log = {
    debug: () => undefined,
    warn: (fields, message) => this.#entries.push({ at: Date.now(), text: `warning: ${message} ${JSON.stringify(plain(fields))}` }),
  }

  get stateDirs(): readonly string[] {
    return [...this.#stateDirs]
  }
  /** Releases the attachers of a scenario that did not end. */
  async close(): Promise<void> {
    await Promise.all(this.#attachers.map((attacher) => attacher.close()))
  }
  text(): string {
    const from = this.#entries[0]?.at ?? 0
    return this.#entries.map(({ at, text }) => `${`+${Math.round(at - from)} ms`.padStart(12)}  ${text}`).join('\n')
  }
}

/** The object with some of its methods replaced. */
function passingOn<T extends object>(object: T, replaced: Partial<T>): T {
  return new Proxy(object, {
    get: (target, key) => {
      const value: unknown = Reflect.get(key in replaced ? replaced : target, key)
      return typeof value === 'function' && !(key in replaced) ? (value.bind(target) as unknown) : value
    },
  })
}
function explain(error: unknown): string {
  if (!isBrickworkError(error)) return String(error)
  const { code, message, details, attempts, cause } = error
  const because = cause instanceof Error ? ` because: ${cause.message}` : ''
  return `${code} ${message} ${JSON.stringify(plain(details))} ${attempts.length > 0 ? JSON.stringify(attempts) : ''}${because}`
}
function describe(event: OperationEvent): string {
  switch (event.type) {
    case 'operation:start':
      return `${event.operation} ${event.id} begins`
    case 'operation:end':
      return `${event.operation} ${event.id} ends: ${event.outcome}${event.sideEffects === undefined ? '' : ` (${event.sideEffects})`}, ${Math.round(event.ms)} ms`
    case 'step:start':
      return `${event.id}   ${event.step} ${event.path ?? ''}`
    case 'step:end':
      return `${event.id}   ${event.step} ${event.path ?? ''} ${event.outcome}, ${Math.round(event.ms)} ms`
    case 'waiting':
      return `${event.id}   waits for ${event.awaited} ${JSON.stringify(event.heldBy)}`
    case 'missed':
      return `${event.count} events were not read in time`
    case 'map:unmanaged':
      return `${event.id}   multipathd has not taken over map ${event.map}`
    case 'note':
      return `${event.id}   ${event.message} ${JSON.stringify(plain(event.fields))}`
  }
}
function plain(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]))
}
