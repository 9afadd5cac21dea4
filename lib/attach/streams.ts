import type { Call } from '../api/call.js'
import type { HealthEvent } from '../api/events.js'
import type { BlockTopology } from '../api/topology.js'
import type { EventStream } from '../core/bounded-queue.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'
import type { Connector } from '../operation/connector.js'
import type { EventHub } from '../operation/event-hub.js'
import type { AttacherContext } from '../operation/operation.js'
import { followTopology } from './follow.js'
import { watchHealth } from './health.js'
import type { Journal } from './journal.js'
import type { Recovery } from './recovery/recover-all.js'
import { sweepReturned } from './recovery/sweep.js'
import { blockTopology } from './topology.js'
import { untilEnded } from './until-ended.js'

/** What an attacher reports until somebody ends it. */
export class Streams {
  readonly #context: AttacherContext
  readonly #hub: EventHub
  readonly #journal: Journal
  readonly #boot: string
  readonly #connectors: ReadonlyMap<string, Connector>
  readonly #recovery: Recovery

  constructor(
    context: AttacherContext,
    hub: EventHub,
    journal: Journal,
    boot: string,
    connectors: ReadonlyMap<string, Connector>,
    recovery: Recovery,
  ) {
    this.#context = context
    this.#hub = hub
    this.#journal = journal
    this.#boot = boot
    this.#connectors = connectors
    this.#recovery = recovery
  }
  watch(call: Call): EventStream<HealthEvent> {
    const { host } = this.#context
    const attached = () => this.#journal.attached(this.#boot)
    const connectorOf = (protocol: string) => this.#connectors.get(protocol)
    const recovery = this.#recovery
    return untilEnded(host, this.#hub, call, async function* (operations, signal) {
      using ending = new LinkedSignal(signal)
      const swept = sweepReturned(host, recovery, ending.signal).catch((error: unknown) => host.log.warn({ error }, 'a sweep has failed'))
      try {
        yield* watchHealth({ host, attached, operations, connectorOf }, signal)
      } finally {
        ending.abort(NOT_NEEDED)
        await swept
      }
    })
  }
  follow(call: Call): EventStream<BlockTopology> {
    const { host, claims } = this.#context
    return untilEnded(host, this.#hub, call, (_, signal) => followTopology(host, () => blockTopology(host, claims, signal), signal))
  }
}
