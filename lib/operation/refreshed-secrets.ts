import { checkSessionAuth } from '../connection/schema.js'
import type { SessionAuth } from '../api/connection.js'
import { BrickworkError } from '../core/errors.js'
import { until } from '../core/signal.js'

/** The caller's answer to refused credentials: asked for once, for all paths of an attach, and kept in memory only. */
export class FreshSecrets {
  readonly #ask: () => Promise<SessionAuth>
  #answer: Promise<SessionAuth> | undefined

  constructor(ask: () => Promise<SessionAuth>) {
    this.#ask = ask
  }
  get asked(): boolean {
    return this.#answer !== undefined
  }
  /** @throws `refusal` as the cause of `ERR_AUTHENTICATION` when the caller has none; the signal's reason. */
  async get(signal: AbortSignal, refusal?: BrickworkError): Promise<SessionAuth> {
    this.#answer ??= this.#askNow()
    try {
      return await until(this.#answer, signal)
    } catch (error) {
      signal.throwIfAborted()
      const before = refusal === undefined ? '' : `${refusal.message}; `
      throw new BrickworkError('ERR_AUTHENTICATION', `${before}refreshSecrets() has no other credentials`, {
        ...(refusal === undefined ? {} : { details: refusal.details }),
        cause: error,
      })
    }
  }
  async #askNow(): Promise<SessionAuth> {
    return checkSessionAuth(await this.#ask())
  }
}
