/** What the journal has, compared with the host. These queries change nothing and take no lock. */
import type { Inspection } from '../api/attacher.js'
import type { AttachmentSummary } from '../api/attachment.js'
import type { AttachmentName } from '../api/connection.js'
import type { Call } from '../api/call.js'
import { checkId } from '../connection/schema.js'
import type { Host } from '../core/host.js'
import type { Connector } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import type { Journal } from './journal.js'
import { notAttached } from './not-attached.js'
import type { OperationRunner } from './operation-runner.js'
import { inspection, summary } from './queries.js'

interface Parts {
  readonly context: { readonly host: Host }
  readonly runner: OperationRunner
  readonly journal: Journal
  readonly boot: string
  readonly connectorOf: (protocol: string) => Connector
  /** Id of the attachment of a connection, if there is one. */
  readonly idOf: (connection: unknown) => Promise<string | undefined>
}

/** `list()` and `inspect()`. */
export class AttachmentQueries {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }
  async list(call: Call): Promise<readonly AttachmentSummary[]> {
    const { context, runner, journal, boot } = this.#parts
    return await runner.query(call, async (operation) => {
      const { entries, errors } = await journal.all()
      for (const error of errors) context.host.log.warn({ error }, 'an entry of the journal could not be read')
      const found = await Promise.all(entries.map(async (entry) => summary(entry, boot, await this.#locate(operation, entry))))
      return found.sort((a, b) => (a.id < b.id ? -1 : 1))
    })
  }
  async inspect(ref: AttachmentName, call: Call): Promise<Inspection> {
    const { context, runner, journal, boot, connectorOf, idOf } = this.#parts
    if (typeof ref === 'string') checkId(ref)
    return await runner.query(call, async (operation) => {
      const id = typeof ref === 'string' ? ref : await idOf(ref.connection)
      const entry = id === undefined ? undefined : await journal.read(id)
      if (entry === undefined) throw notAttached(id)
      const there = await this.#locate(operation, entry)
      return await inspection(context.host, connectorOf(entry.connection.protocol), entry, boot, there, operation.signal)
    })
  }
  async #locate(operation: Operation, entry: Entry) {
    const { boot, connectorOf } = this.#parts
    const present = entry.boot === boot && entry.state === 'attached'
    return present ? await connectorOf(entry.connection.protocol).locate(operation, entry) : undefined
  }
}
