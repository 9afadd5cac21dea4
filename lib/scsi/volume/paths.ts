/** All ways to a volume at once: each comes up by itself, and whoever waits is woken when one has. */
import type { Operation, Rest } from '../../operation/operation.js'
import type { IscsiConnection } from '../../api/connection.js'
import { type Attempt, BrickworkError, type ErrorCode, isBrickworkError } from '../../core/errors.js'
import { formatPortal } from '../../core/portal.js'
import { LinkedSignal, until } from '../../core/signal.js'
import type { Expected } from '../../api/attachment.js'
import { askedMultipathd, multipathdRuns } from '../../linux/multipath/daemon.js'
import { discoverIscsi } from '../../connectors/iscsi/find-objects.js'
import { type Exposed, expose } from '../disk/scan-lun.js'
import { outdoneBy, writeProtected } from './write-protection.js'
import { allFailed, attemptOf, toAttempt, tooFew } from '../../operation/attempts.js'
import type { Logins } from '../../connectors/iscsi/login-registry.js'
import { keepOut } from '../../multipath/remove-path.js'
import { type Target } from '../../connectors/iscsi/objects.js'
import { DISK, diskObject } from '../disk/objects.js'
import { maybe } from '../../operation/object-data.js'
import { proveOrReplace } from '../disk/verify-disk.js'
import { reach } from '../../connectors/iscsi/connect.js'
import { releasePath } from './release.js'
import { targetsOf } from '../../connectors/iscsi/named-paths.js'
import { waitForLun } from '../disk/wait-for-lun.js'
import type { VerifiedPath } from './verified-path.js'

/** How often a portal that could not be reached is tried again once the attach has answered. */
const COME_BACK_MS = 2000

/** A disk that is well answers within milliseconds. */
const SLOW_PROOF_MS = 1000
/** What may be otherwise in a moment. */
const TRY_AGAIN: readonly ErrorCode[] = ['ERR_TARGET_UNREACHABLE', 'ERR_IDENTITY_UNKNOWN']

export class Paths {
  readonly #trunk: Operation
  readonly #branch: Operation
  readonly #ending: LinkedSignal
  readonly #logins: Logins
  readonly #connection: IscsiConnection
  readonly #expected: Expected
  readonly #tasks: Promise<unknown>[]
  readonly #lost: Target[] = []
  readonly good: VerifiedPath[] = []
  /** Names of disks that were on the host before and were taken out of the map, since they are not proven. */
  readonly unproven = new Set<string>()
  readonly failed: Attempt[] = []
  /** An error that is more than the failure of a path. */
  #broken: unknown
  #answered = false
  #wake: () => void = () => undefined
  #changed = this.#nextChange()
  readonly total: number
  /** Those that have neither come up nor failed. */
  readonly #rising: Set<Target>

  constructor(operation: Operation, logins: Logins, connection: IscsiConnection, expected: Expected) {
    this.#trunk = operation
    this.#ending = new LinkedSignal(operation.signal)
    this.#branch = operation.branch(this.#ending.signal)
    this.#logins = logins
    this.#connection = connection
    this.#expected = expected
    const targets = targetsOf(connection)
    this.total = targets.length
    this.#rising = new Set(targets)
    this.#tasks = targets.map((target) => this.#rise(target))
  }
  /** Paths that have neither come up nor failed. */
  get open(): number {
    return this.total - this.good.length - this.failed.length
  }
  /** As {@link Paths.open}, but for those whose portal could not be reached a moment ago, and not by now: who has another path goes on. */
  get awaited(): number {
    const { clock } = this.#branch.host
    const doubtful = [...this.#rising].filter((target) => this.#logins.isDoubtful(clock, target))
    return this.good.length === 0 ? this.open : this.open - doubtful.length
  }
  /** Taken before looking, waited for afterwards: resolves at the first change since it was taken. */
  get change(): (signal: AbortSignal) => Promise<void> {
    const changed = this.#changed
    return (signal) => until(changed, signal)
  }
  /** Names of the disks that the host has at the LUNs of this connection, whatever their state. */
  async oldDisks(): Promise<string[]> {
    const { objects } = await discoverIscsi(this.#branch, targetsOf(this.#connection))
    return objects.flatMap(({ kind, data }) => (kind === DISK ? (maybe(data, 'name') ?? []) : []))
  }
  /** @throws what ended it all, or that fewer than `min` can still come up. */
  check(min: number): void {
    if (this.#broken !== undefined) throw this.#broken as Error
    if (this.failed.length === this.total) throw allFailed(this.failed)
    if (this.open + this.good.length < min) throw tooFew(this.good.length, this.total, min, this.failed)
  }
  /** It is decided what is handed out: from here on what comes up must fit that. */
  decide(): void {
    this.#answered = true
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
    this.#endInTime(done)
    return { done, cancel: () => this.stop() }
  }
  /** The operation's own timer ends with its answer; a call that hangs must not keep what is still on its way for ever. */
  #endInTime(done: Promise<void>): void {
    const { clock } = this.#branch.host
    const over = new LinkedSignal()
    const timer = clock.sleep(this.#branch.remainingMs, over.signal)
    const end = () => this.#ending.abort(new BrickworkError('ERR_TIMEOUT', 'No time is left for further paths'))
    timer.then(end, () => undefined)
    void done.then(() => over.abort(new BrickworkError('ERR_ABORTED', 'Nothing is on its way any more')))
  }
  /** Ends what is still on its way and waits until it has ended. */
  async stop(): Promise<void> {
    this.#ending.abort(new BrickworkError('ERR_ABORTED', 'The other paths are no longer needed'))
    await Promise.allSettled(this.#tasks)
  }

  async #rise(target: Target): Promise<void> {
    if ((await this.#bringUp(target)) === 'lost') await this.#comeBack(target)
  }
  /** `lost`: it may be tried again, and the caller has his device. Before that it is set aside. */
  async #bringUp(target: Target): Promise<'joined' | 'lost' | 'failed'> {
    try {
      const path = await this.#climb(target)
      const others = outdoneBy(path, this.good, this.#answered)
      this.good.splice(0, Infinity, ...this.good.filter((each) => !others.includes(each)), path)
      for (const other of others) await this.#fail(other.target, writeProtected(other))
      await this.#giveBack(path)
      if (this.#answered) this.#trunk.note('a path joined', { path: formatPortal(target.portal) })
      return 'joined'
    } catch (error) {
      return await this.#fail(target, error)
    } finally {
      this.#rising.delete(target)
      this.#tellChange()
    }
  }
  /** No event tells that a portal is back. */
  async #comeBack(target: Target): Promise<void> {
    const { clock } = this.#branch.host
    do await clock.sleep(COME_BACK_MS, this.#ending.signal)
    while (this.#branch.remainingMs > COME_BACK_MS && (await this.#bringUp(target)) === 'lost')
  }
  async #climb(target: Target): Promise<VerifiedPath> {
    const operation = this.#branch
    const path = formatPortal(target.portal)
    const session = await reach(operation, this.#logins, target, this.#connection.auth, operation.remainingMs)
    const exposed = (await expose(operation, session, target.lun)) ?? (await waitForLun(operation, [{ session, target }], []))
    const proven = await this.#prove(exposed, path)
    const { identity } = proven
    const other = this.good.find((each) => each.identity.wwid !== identity.wwid)
    if (other !== undefined)
      throw new BrickworkError(
        'ERR_IDENTITY_CONFLICT',
        `Paths show different volumes: ${identity.wwid ?? 'no WWID'} at ${path}, ${other.identity.wwid ?? 'no WWID'} at ${formatPortal(other.exposed.session.portal)}; name the right one in \`expected\``,
        { details: { paths: [path, formatPortal(other.exposed.session.portal)] } },
      )
    return { target, ...proven }
  }
  /**
   * An old disk that does not answer is kept out of multipathd's hands meanwhile: that asks a path for its priority before it makes a map,
   * and makes none while one is silent.
   */
  async #prove(exposed: Exposed, path: string) {
    const operation = this.#branch
    using answered = new LinkedSignal(operation.signal)
    const watching = exposed.fresh ? undefined : this.#keepOutIfSlow(exposed, answered.signal)
    watching?.catch(() => undefined) // thrown below, when the disk has answered
    try {
      return await proveOrReplace(operation, exposed, this.#expected, path)
    } finally {
      answered.abort(new BrickworkError('ERR_ABORTED', 'The disk has answered'))
      await watching
    }
  }
  async #keepOutIfSlow({ session, disk }: Exposed, answered: AbortSignal): Promise<void> {
    const operation = this.#branch
    const name = disk.block?.name ?? ''
    await operation.host.clock.sleep(SLOW_PROOF_MS, answered).catch(() => undefined)
    if (answered.aborted || (await operation.othersOf(diskObject(session.id, disk.lun, disk, 'found').key)).length > 0) return
    if (await keepOut(operation, name)) this.unproven.add(name)
  }
  /** multipathd was told to leave a disk alone that was not proven: it is told that it may have it now. */
  async #giveBack({ device }: VerifiedPath): Promise<void> {
    const { host, signal } = this.#branch
    if (this.unproven.delete(device.name) && (await multipathdRuns(host))) await askedMultipathd(host, `add path ${device.name}`, signal)
  }
  async #fail(target: Target, error: unknown): Promise<'lost' | 'failed'> {
    const operation = this.#branch
    try {
      // Once the caller has his device no path can end the attach: what a late one brought is taken away.
      const attempt = this.#answered && isBrickworkError(error) ? attemptOf(target, error) : toAttempt(operation, target, error, true)
      await releasePath(operation, target)
      if (!this.#answered) this.#trunk.note('a path failed', { ...attempt })
      if (!this.#answered) this.failed.push(attempt)
      const lost = TRY_AGAIN.includes(attempt.code)
      if (lost && this.#answered) return 'lost'
      if (lost) this.#lost.push(target)
      return 'failed'
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
