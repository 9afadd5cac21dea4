import type { Call } from '../api/call.js'
import type { Connection } from '../api/connection.js'
import type { HealCall, HealedAttachment, HealReport } from '../api/heal.js'
import { isBrickworkError } from '../core/errors.js'
import type { Connector } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { AttacherContext } from '../operation/operation.js'
import { RefreshedSecrets } from '../operation/refreshed-secrets.js'
import type { Policy } from '../api/policy.js'
import { BackgroundHeal } from './background-heal.js'
import { healAttachment } from './heal-attachment.js'
import type { Journal } from './journal.js'
import type { OperationRunner, RunOptions } from './operation-runner.js'
import { notAttached } from './not-attached.js'

export interface HealerParts {
  readonly context: AttacherContext
  readonly runner: OperationRunner
  readonly journal: Journal
  readonly policy: Policy
  readonly boot: string
  readonly connectorOf: (protocol: string) => Connector
  /** Called when a heal has left a login pending. */
  readonly onPending: (entry: Entry) => void
}
type Run = OperationRunner['run']

/** A heal looks for what is there now. It does not wait for a LUN that the storage side may map some time. */
const LUN_MS = 1000

export class Healer {
  readonly #parts: HealerParts
  readonly #attached: () => Promise<readonly Entry[]>

  constructor(parts: HealerParts) {
    this.#parts = parts
    this.#attached = () => parts.journal.attached(parts.boot)
  }
  /** Heals in the background, until the attacher closes. */
  begin(intervalMs: number): void {
    const { runner, context, connectorOf } = this.#parts
    const heal = (entry: Entry, call: Call) => this.#inBackground(entry, call)
    new BackgroundHeal({ context, runner, attached: this.#attached, connectorOf, heal }).begin(intervalMs)
  }
  /** @throws the error of an attachment of which no path could be tried. */
  async one(id: string, call: HealCall, connection: Connection | undefined): Promise<HealReport> {
    const { runner, journal } = this.#parts
    const { refreshSecrets, ...rest } = call
    const timed = runner.timed(rest)
    const entry = await runner.query(timed(), () => journal.read(id), id)
    if (entry === undefined) throw notAttached(id)
    return { attachments: [await this.#heal(entry, timed(), refreshSecrets, connection as Entry['connection'] | undefined)] }
  }
  /** Reports the errors of single attachments. */
  async all(call: HealCall): Promise<HealReport> {
    const { runner } = this.#parts
    const { refreshSecrets, ...rest } = call
    const timed = runner.timed(rest)
    const entries = await runner.query(timed(), this.#attached)
    const attachments = entries.map(async (entry): Promise<HealedAttachment> => {
      try {
        return await this.#heal(entry, timed(), refreshSecrets, undefined)
      } catch (error) {
        if (!isBrickworkError(error) || error.code === 'ERR_INTERNAL' || call.signal?.aborted === true) throw error
        const { code, message } = error
        return { id: entry.id, device: entry.result?.device ?? '', paths: [], error: { code, message }, timings: [] }
      }
    })
    return { attachments: await Promise.all(attachments) }
  }
  /** Gives way to every other operation on the attachment. */
  async #inBackground(entry: Entry, call: Call): Promise<HealedAttachment> {
    const { runner } = this.#parts
    return await this.#heal(entry, call, undefined, undefined, (...args) => runner.runGivingWay(...args))
  }

  async #heal(
    entry: Entry,
    call: Call,
    refreshSecrets: HealCall['refreshSecrets'],
    connection: Entry['connection'] | undefined,
    run: Run = (...args) => this.#parts.runner.run(...args),
  ): Promise<HealedAttachment> {
    const { runner, journal, policy, connectorOf, onPending } = this.#parts
    const { form } = connectorOf(entry.connection.protocol)
    const secrets = refreshSecrets === undefined ? undefined : new RefreshedSecrets(form, refreshSecrets)
    const options: RunOptions = { policy: { ...policy, lun: { waitMs: LUN_MS } }, secrets }
    return await run('heal', runner.blank(entry.id), call, options, async (operation) => {
      try {
        return await healAttachment(operation, connectorOf, journal, connection)
      } finally {
        if (operation.claim.entry.pending.length > 0) onPending(operation.claim.entry)
      }
    })
  }
}
