const inspect = Symbol.for('nodejs.util.inspect.custom')

/** A secret value. It prints as `[secret]` in logs, JSON, templates and `util.inspect`; only {@link Secret.reveal} returns it. */
export class Secret {
  readonly #value: string

  /**
   * Keeps a secret value.
   * @param value the secret
   */
  constructor(value: string) {
    this.#value = value
  }
  /** Returns the secret value. */
  reveal(): string {
    return this.#value
  }
  /** Returns `[secret]`. */
  toString(): string {
    return '[secret]'
  }
  /** Returns `[secret]`. */
  toJSON(): string {
    return '[secret]'
  }
  /** @internal */
  [inspect](): string {
    return '[secret]'
  }
}
