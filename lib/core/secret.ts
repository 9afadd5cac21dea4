const inspect = Symbol.for('nodejs.util.inspect.custom')

/** A value that prints as `[secret]` wherever it lands: logs, JSON, templates, `util.inspect`. Only {@link Secret.reveal} gives it out. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect](): string {
    return '[secret]'
  }
}
