import type { Host, Watch } from '../core/host.js'
import { udevRuns } from '../linux/udev/database.js'

/** A udevd that ran a moment ago counts as running. */
const RUNS_MS = 100

/**
 * One watch over the devices of an attach, from before its scan until its answer. It knows which events the kernel has sent and udev has
 * not yet processed. An attach that does not wait for udev has it from the first wait for a device on.
 */
export class UdevWatch {
  #watch: Watch | undefined
  #isKept = false
  #ranAt: number | undefined

  /** Keeps a watch while `run` runs: from the start on (`now`), or from the first {@link UdevWatch.with} on. */
  async during<T>(host: Host, from: 'now' | 'first use', run: () => Promise<T>): Promise<T> {
    this.#isKept = true
    try {
      if (from === 'now') this.#watch = await host.events.watch([])
      return await run()
    } finally {
      this.#isKept = false
      this.#watch?.[Symbol.dispose]()
      this.#watch = undefined
    }
  }
  /** Keys as for `Events.watch`. Without effect when no watch is running. */
  add(keys: readonly string[]): void {
    this.#watch?.add(keys)
  }
  /** The watch, with these keys as well. Only one caller at a time may wait for its events, those from now on. Outside of an attach: a watch of its own. */
  async with(host: Host, keys: readonly string[]): Promise<Watch> {
    if (!this.#isKept) return await host.events.watch(keys)
    if (this.#watch === undefined) this.#watch = await host.events.watch(keys)
    const watch = this.#watch
    watch.add(keys)
    watch.forget()
    return {
      add: (more) => watch.add(more),
      next: (signal) => watch.next(signal),
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
