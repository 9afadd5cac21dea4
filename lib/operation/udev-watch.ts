import type { Host, Watch } from '../core/host.js'

/**
 * One watch over the devices of an attach, from before its scan until its answer. It knows which events the kernel has sent and udev has
 * not yet processed.
 */
export class UdevWatch {
  #watch: Watch | undefined

  /** Watches while `run` runs. */
  async during<T>(host: Host, run: () => Promise<T>): Promise<T> {
    using watch = await host.events.watch([])
    this.#watch = watch
    try {
      return await run()
    } finally {
      this.#watch = undefined
    }
  }
  /** Keys as for `Events.watch`. Without effect when no watch is running. */
  add(keys: readonly string[]): void {
    this.#watch?.add(keys)
  }
  /** Whether udev has yet to process an event of this block device. */
  isPending(name: string): boolean {
    return this.#watch?.udevPending(name) === true
  }
}
