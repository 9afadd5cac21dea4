import type { Host, Watch } from '../core/host.js'
import { udevRuns } from '../linux/udev/database.js'

/** A udevd that ran a moment ago counts as running. */
const RUNS_MS = 100

/**
 * One watch over the devices of an attach, from before its scan until its answer. It knows which events the kernel has sent and udev has
 * not yet processed.
 */
export class UdevWatch {
  #watch: Watch | undefined
  #ranAt: number | undefined

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
  /** The watch, with these keys as well. Only one caller at a time may wait for its events, those from now on. Outside of an attach: a watch of its own. */
  async with(host: Host, keys: readonly string[]): Promise<Watch> {
    const watch = this.#watch
    if (watch === undefined) return await host.events.watch(keys)
    watch.add(keys)
    watch.forget()
    return {
      add: (more) => watch.add(more),
      next: (signal, isNews) => watch.next(signal, isNews),
      get seen() {
        return watch.seen
      },
      forget: () => watch.forget(),
      udevPending: (name) => watch.udevPending(name),
      [Symbol.dispose]: () => undefined,
    }
  }
  /** Whether udev has yet to process an event of this block device. */
  isPending(name: string): boolean {
    return this.#watch?.udevPending(name) === true
  }
  /** Whether a udevd runs on the host. */
  async runs(host: Host): Promise<boolean> {
    const now = host.clock.now()
    if (this.#ranAt !== undefined && now - this.#ranAt < RUNS_MS) return true
    const runs = await udevRuns(host)
    this.#ranAt = runs ? now : undefined
    return runs
  }
}
