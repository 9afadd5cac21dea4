/**
 * Waits for changes below controllers. The kernel announces a controller that becomes live, a head that is added or grows, and removals. It
 * announces neither a hidden path, nor an ANA state, nor a lost connection (drivers/nvme/host/{core,multipath}.c), so the waiter also looks
 * by itself: soon after it has asked for something, then more and more slowly.
 */
import type { Host, Watch } from '../../core/host.js'
import { first } from '../../core/signal.js'

const FIRST_LOOK_MS = 10
const SLOWEST_LOOK_MS = 250

export class ChangeAwaiter implements Disposable {
  readonly #host: Host
  readonly #watch: Watch
  #pauseMs = FIRST_LOOK_MS

  private constructor(host: Host, watch: Watch) {
    this.#host = host
    this.#watch = watch
  }
  /** @param names `nvme3` for a controller, `nvme-subsys0` for a subsystem with its heads. No later event is missed. */
  static async on(host: Host, names: readonly string[]): Promise<ChangeAwaiter> {
    return new ChangeAwaiter(host, await host.events.watch(names))
  }
  add(name: string): void {
    this.#watch.add([name])
  }
  /** Something was asked for: the answer may come without an event. */
  expect(): void {
    this.#pauseMs = FIRST_LOOK_MS
  }
  /** Resolves at an event, when it is time to look, and after `mostMs` at the latest. */
  async next(mostMs: number, signal: AbortSignal): Promise<void> {
    const ms = Math.max(1, Math.min(this.#pauseMs, mostMs))
    this.#pauseMs = Math.min(this.#pauseMs * 2, SLOWEST_LOOK_MS)
    await first(
      signal,
      (ended) => this.#watch.next(ended),
      (ended) => this.#host.clock.sleep(ms, ended),
    )
  }
  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
  }
}
