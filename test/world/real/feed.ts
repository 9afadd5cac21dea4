/** A stream of values for several readers. Each reader sees all values after its start. */
export class Feed<T> {
  readonly #readers = new Set<{ readonly queue: T[]; wake: () => void }>()
  #over = false

  push(value: T): void {
    for (const reader of this.#readers) {
      reader.queue.push(value)
      reader.wake()
    }
  }
  end(): void {
    this.#over = true
    for (const reader of this.#readers) reader.wake()
  }
  from(signal?: AbortSignal): AsyncIterable<T> {
    // Registers the reader now, not at its first request.
    const reader = { queue: [] as T[], wake: (): void => undefined }
    this.#readers.add(reader)
    return this.#read(reader, signal)
  }

  async *#read(reader: { readonly queue: T[]; wake: () => void }, signal?: AbortSignal): AsyncGenerator<T> {
    const wake = () => reader.wake()
    signal?.addEventListener('abort', wake)
    try {
      while (signal?.aborted !== true) {
        const next = reader.queue.shift()
        if (next !== undefined) yield next
        else if (this.#over) return
        else await new Promise<void>((resolve) => (reader.wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', wake)
      this.#readers.delete(reader)
    }
  }
}
