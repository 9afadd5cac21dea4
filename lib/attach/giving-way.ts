import { BrickworkError } from '../core/errors.js'
import { LinkedSignal } from '../core/signal.js'

/** Background work on attachments that ends as soon as another operation needs the attachment. */
export class GivingWay {
  readonly #ends = new Map<string, () => void>()

  /** Another operation of this process begins. */
  endFor(id: string): void {
    this.#ends.get(id)?.()
  }
  /**
   * @param requested resolves when another process requests the attachment, or when the signal aborts
   * @param closing the signal of the attacher
   */
  async run<T>(
    id: string,
    closing: AbortSignal,
    requested: (signal: AbortSignal) => Promise<void>,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    using ending = new LinkedSignal(closing)
    const end = () => ending.abort(new BrickworkError('ERR_ABORTED', 'Another operation needs the attachment'))
    const running = work(ending.signal)
    this.#ends.set(id, end)
    const asked = requested(ending.signal).then(end)
    try {
      return await running
    } finally {
      if (this.#ends.get(id) === end) this.#ends.delete(id)
      end()
      await asked
    }
  }
}
