/** Says what an operation waits for, and who has it: in an event after a while, and in the error that ends the wait. */
import type { WaitHolder } from '../core/error-data.js'
import { isBrickworkError } from '../core/errors.js'
import { Window } from '../core/deadline.js'
import type { Host } from '../core/host.js'
import { NEVER } from '../core/light-signal.js'
import { until } from '../core/signal.js'
import { endsWork, explained } from './ended-wait.js'
import type { LongWaits } from './long-waits.js'
import type { Progress } from './progress.js'

/** A wait for a lock or for a place. */
export interface Wait {
  /** What is awaited, in words: `the lock "map mpath-…"`. */
  readonly awaited: string
  /** Who has it now. */
  readonly holders: () => Promise<readonly WaitHolder[]>
}
/** Runs a wait, and says who causes it if it takes long. */
export type Waiting = <T>(wait: Wait, run: () => Promise<T>) => Promise<T>

/** A wait this long has a line in the log. */
const WORTH_A_LINE_MS = 10
/** Finding out who causes a wait must not make it longer. */
const LOOK_MS = 100
const MOST_HOLDERS = 8

export async function whileWaiting<T>(host: Host, progress: Progress, longWaits: LongWaits, wait: Wait, run: () => Promise<T>): Promise<T> {
  const { clock } = host
  const from = clock.now()
  const at = progress.current
  const waitedMs = () => Math.round(clock.now() - from)
  const over = longWaits.begin(async (isOver) => {
    const heldBy = await heldNow(host, wait)
    if (!isOver()) progress.waiting(wait.awaited, waitedMs(), heldBy)
  })
  try {
    return await run()
  } catch (error) {
    if (!endsWork(error)) throw error
    const ms = waitedMs()
    const ended = { awaited: wait.awaited, waitedMs: ms, heldBy: await heldNow(host, wait) }
    if (at === error.step) progress.waitEnded(ended)
    throw explained(error, ended, clock.wallMs())
  } finally {
    over()
    if (waitedMs() >= WORTH_A_LINE_MS) progress.debug(`waited for ${wait.awaited}`, { ms: waitedMs() })
  }
}

/** Empty when nobody is known. */
async function heldNow(host: Host, wait: Wait): Promise<readonly WaitHolder[]> {
  using window = new Window(host.clock, LOOK_MS, NEVER, wait.awaited)
  try {
    return (await until(wait.holders(), window.signal)).slice(0, MOST_HOLDERS)
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return []
  }
}
