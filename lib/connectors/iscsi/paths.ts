/** All ways to a volume at once: each comes up by itself, and whoever waits is woken when one has. */
import type { Identity } from '../../attach/identity.js'
import type { Operation, Rest } from '../../attach/operation.js'
import type { IscsiConnection } from '../../connection/types.js'
import { type Attempt, BrickworkError, isBrickworkError } from '../../core/errors.js'
import { formatPortal } from '../../core/portal.js'
import { LinkedSignal, until } from '../../core/signal.js'
import type { BlockDevice } from '../../linux/block/device.js'
import type { Expected } from '../../types.js'
import { type Exposed, expose } from './expose.js'
import { allFailed, attemptOf, toAttempt } from './failures.js'
import type { Logins } from './logins.js'
import type { Target } from './objects.js'
import { proveDisk } from './prove.js'
import { reach } from './reach.js'
import { releasePath } from './release.js'
import { targetsOf } from './targets.js'
import { waitForLun } from './wait-for-lun.js'

/** How often a portal that could not be reached is tried again once the attach has answered. */
const COME_BACK_MS = 2000

/** A path whose disk is proven to be the volume. */
export interface ProvenPath {
  readonly exposed: Exposed
  readonly device: BlockDevice
  readonly identity: Identity
}

export class Paths {
  readonly #trunk: Operation
  readonly #branch: Operation
  readonly #ending: LinkedSignal
  readonly #logins: Logins
  readonly #connection: IscsiConnection
  readonly #expected: Expected
  readonly #tasks: Promise<unknown>[]
  readonly #lost: Target[] = []
  readonly good: ProvenPath[] = []
  readonly failed: Attempt[] = []
  /** An error that is more than the failure of a path. */
  #broken: unknown
  #answered = false
  #wake: () => void = () => undefined
  #changed = this.#nextChange()
  readonly total: number

  constructor(operation: Operation, logins: Logins, connection: IscsiConnection, expected: Expected) {
    this.#trunk = operation
    this.#ending = new LinkedSignal(operation.signal)
    this.#branch = operation.branch(this.#ending.signal)
    this.#logins = logins
    this.#connection = connection
    this.#expected = expected
    const targets = targetsOf(connection)
    this.total = targets.length
    this.#tasks = targets.map((target) => this.#bringUp(target))
  }
  /** Paths that have neither come up nor failed. */
  get open(): number {
    return this.total - this.good.length - this.failed.length
  }
  /** Resolves at the next change after this call. */
  async changed(signal: AbortSignal): Promise<void> {
    await until(this.#changed, signal)
  }
  /** @throws what ended it all, or that every path has failed. */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken as Error
    if (this.failed.length === this.total) throw allFailed(this.failed)
  }
  /**
   * The operation answers now; what has not come up yet goes on for the time that it had, until somebody needs the attachment. Portals that
   * could not be reached are tried again meanwhile.
   */
  rest(): Rest | undefined {
    if (this.open === 0 && this.#lost.length === 0) return undefined
    this.#ending[Symbol.dispose]() // no longer ended by the operation's own end
    this.#answered = true
    this.#tasks.push(...this.#lost.splice(0).map((target) => this.#comeBack(target)))
    const done = Promise.allSettled(this.#tasks).then(() => undefined)
    return { done, cancel: () => this.stop() }
  }
  /** Ends what is still on its way and waits until it has ended. */
  async stop(): Promise<void> {
    this.#ending.abort(new BrickworkError('ERR_ABORTED', 'The other paths are no longer needed'))
    await Promise.allSettled(this.#tasks)
  }

  /** Whether the path is `lost`: it may be tried again. */
  async #bringUp(target: Target): Promise<'joined' | 'lost' | 'failed'> {
    try {
      this.good.push(await this.#climb(target))
      if (this.#answered) this.#trunk.note('a path joined', { path: formatPortal(target.portal) })
      return 'joined'
    } catch (error) {
      return await this.#fail(target, error)
    } finally {
      this.#tellChange()
    }
  }
  /** No event tells that a portal is back. */
  async #comeBack(target: Target): Promise<void> {
    const { clock } = this.#branch.host
    do await clock.sleep(COME_BACK_MS, this.#ending.signal)
    while (this.#branch.remainingMs > COME_BACK_MS && (await this.#bringUp(target)) === 'lost')
  }
  async #climb(target: Target): Promise<ProvenPath> {
    const operation = this.#branch
    const path = formatPortal(target.portal)
    const session = await reach(operation, this.#logins, target, this.#connection.auth, operation.remainingMs)
    const exposed = (await expose(operation, session, target.lun)) ?? (await waitForLun(operation, [{ session, target }], []))
    const { device, identity } = await proveDisk(operation, exposed, this.#expected, path)
    const other = this.good.find((each) => each.identity.wwid !== identity.wwid)
    if (other !== undefined)
      throw new BrickworkError(
        'ERR_IDENTITY_CONFLICT',
        `Paths show different volumes: ${identity.wwid ?? 'no WWID'} at ${path}, ${other.identity.wwid ?? 'no WWID'} at ${formatPortal(other.exposed.session.portal)}; name the right one in \`expected\``,
        { details: { paths: [path, formatPortal(other.exposed.session.portal)] } },
      )
    return { exposed, device, identity }
  }
  async #fail(target: Target, error: unknown): Promise<'lost' | 'failed'> {
    const operation = this.#branch
    try {
      // Once the caller has his device no path can end the attach: what a late one brought is taken away.
      const attempt = this.#answered && isBrickworkError(error) ? attemptOf(target, error) : toAttempt(operation, target, error, true)
      await releasePath(operation, target)
      if (!this.#answered) this.#trunk.note('a path failed', { ...attempt })
      if (!this.#answered) this.failed.push(attempt)
      const lost = attempt.code === 'ERR_TARGET_UNREACHABLE'
      if (lost && !this.#answered) this.#lost.push(target)
      return lost ? 'lost' : 'failed'
    } catch (broken) {
      if (!operation.signal.aborted || !isBrickworkError(broken)) this.#broken ??= broken
      return 'failed'
    }
  }
  /** The promise that was given out is kept, and a new one is there before anybody hears of it: no change falls between two waits. */
  #tellChange(): void {
    const tell = this.#wake
    this.#changed = this.#nextChange()
    tell()
  }
  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
