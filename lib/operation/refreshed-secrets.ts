import type { ConnectionAuth } from '../api/connection.js'
import { check } from '../connection/check.js'
import type { ConnectionForm } from '../connection/form.js'
import { BrickworkError } from '../core/errors.js'
import { until } from '../core/signal.js'

/** New credentials from the caller after a refusal. Requested once for all paths of an attach, and kept only in memory. */
export class RefreshedSecrets {
  readonly #ask: () => Promise<ConnectionAuth>
  #answer: Promise<ConnectionAuth> | undefined

  constructor({ auth }: ConnectionForm, ask: () => Promise<ConnectionAuth>) {
    this.#ask = async () => {
      const answer: unknown = await ask()
      return auth === undefined
        ? Promise.reject(new BrickworkError('ERR_UNSUPPORTED', 'The protocol has no credentials'))
        : (check(auth, answer, 'refreshSecrets()') as ConnectionAuth)
    }
  }
  get asked(): boolean {
    return this.#answer !== undefined
  }
  /**
   * @throws `ERR_AUTHENTICATION`, with the message and details of `refusal`, when the caller has no other credentials; the signal's reason.
   */
  async get(signal: AbortSignal, refusal?: BrickworkError<'ERR_AUTHENTICATION'>): Promise<ConnectionAuth> {
    this.#answer ??= this.#ask()
    try {
      return await until(this.#answer, signal)
    } catch (error) {
      signal.throwIfAborted()
      const before = refusal === undefined ? '' : `${refusal.message}; `
      throw new BrickworkError('ERR_AUTHENTICATION', `${before}refreshSecrets() provided no other credentials`, {
        ...(refusal === undefined ? {} : { details: refusal.details }),
        cause: error,
      })
    }
  }
}
