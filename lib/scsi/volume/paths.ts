/** Brings up all paths to a volume at once. Each path comes up by itself, and each change wakes those who wait for it. */
import type { Operation, LatePaths } from '../../operation/operation.js'
import type { Connection } from '../../api/connection.js'
import { type Attempt, BrickworkError, type ErrorCode, isBrickworkError } from '../../core/errors.js'
import { NextChange } from '../../core/next-change.js'
import { LinkedSignal, NOT_NEEDED } from '../../core/signal.js'
import type { Expected } from '../../api/attachment.js'
import { adoptUnused } from '../disk/adopt-disk.js'
import { bringUp } from '../disk/bring-up.js'
import { disksAt } from '../disk/disk-of.js'
import type { ScannedDisk } from '../disk/scan-lun.js'
import type { NamedPath, Nexus, Transport } from '../transport.js'
import { concernsAllPaths, isReader, outdoneBy, sharePath, writeProtected } from './write-protection.js'
import { jittered } from '../../operation/jitter.js'
import { allFailed, attemptOf, toAttempt, tooFew } from '../../operation/attempts.js'
import { endInTime } from '../../operation/end-in-time.js'
import { excludedPaths, giveBack } from '../../multipath/excluded-path.js'
import { diskObject } from '../disk/objects.js'
import { excludeUnlessForeign } from './map-origin.js'
import { verifyOrReplace } from '../disk/verify-disk.js'
import { releasePath } from './release-paths.js'
import { absentHere, waitForLun } from '../disk/wait-for-lun.js'
import type { ShownIdentity } from '../../operation/identity.js'
import { requireSameSize, requireSameVolume } from './same-volume.js'
import type { VerifiedPath } from './verified-path.js'

/** Pause before a path that could not be brought up is tried again, once the attach has returned. */
const COME_BACK_MS = 2000
/** A healthy disk answers within milliseconds. */
const SLOW_PROOF_MS = 1000
/** Errors that may be gone in a moment. */
const TRY_AGAIN: readonly ErrorCode[] = ['ERR_TARGET_UNREACHABLE', 'ERR_IDENTITY_UNKNOWN']

export class Paths {
  readonly #trunk: Operation
  readonly #branch: Operation
  readonly #ending: LinkedSignal
  readonly #transport: Transport
  readonly #connection: Connection
  /** What the caller expects of the volume. */
  readonly expected: Expected
  readonly #tasks: Promise<unknown>[]
  readonly #lost: NamedPath[] = []
  readonly good: VerifiedPath[] = []
  /** Names of disks that were on the host before, while they are being verified. */
  readonly verifying = new Set<string>()
  readonly #adopting = new Set<VerifiedPath>()
  /** What the first accepted path showed. All others must show the same volume, even after that path has gone. */
  #volume: ShownIdentity | undefined
  readonly failed: Attempt[] = []
  /** The access states of the disks when they were last read. */
  accessStates: ReadonlyMap<string, string> = new Map()
  /** An error that ends the whole attach, not only a path. */
  #broken: unknown
  #answered = false
  readonly #changes = new NextChange()
  readonly #named: readonly NamedPath[]
  readonly #nexuses = new Map<NamedPath, Nexus>()
  readonly total: number
  /** Those that have neither come up nor failed. */
  readonly #rising: Set<NamedPath>

  constructor(operation: Operation, transport: Transport, connection: Connection, named: readonly NamedPath[], expected: Expected) {
    this.#trunk = operation
    this.#ending = new LinkedSignal(operation.signal)
    this.#branch = operation.branch(this.#ending.signal)
    this.#transport = transport
    this.#connection = connection
    this.expected = expected
    this.#named = named
    this.total = named.length
    this.#rising = new Set(named)
    this.#tasks = named.map((path) => this.#rise(path))
  }
  /** The identity of the volume, as soon as one path has come up. */
  get volume(): ShownIdentity | undefined {
    return this.#volume
  }
  /** How many paths have neither come up nor failed. */
  get open(): number {
    return this.total - this.good.length - this.failed.length
  }
  /** As {@link Paths.open}. Once another path is up, paths that failed a moment ago and are not up yet don't count. */
  get awaited(): number {
    const doubtful = [...this.#rising].filter((path) => this.#transport.isDoubtful?.(this.#branch, path) === true)
    return this.good.length === 0 ? this.open : this.open - doubtful.length
  }
  /** Whether the origin of a good path's disk, found or adopted, is still undecided. */
  get isAdopting(): boolean {
    return this.#adopting.size > 0
  }
  /** Get it before you check the state, and await it afterwards. It resolves at the first change since then. */
  get change(): (signal: AbortSignal) => Promise<void> {
    return this.#changes.wait
  }
  /** Names of the disks that the host has at the LUNs of this connection, whatever their state. */
  async oldDisks(): Promise<string[]> {
    return await disksAt(this.#branch, this.#transport, this.#named)
  }
  /** @throws the error that ended the attach, or an error when fewer than `min` paths can still come up. */
  check(min: number): void {
    if (this.#broken !== undefined) throw this.#broken as Error
    // Whether paths that show another volume fail in one turn or one after another makes no difference.
    const isAnother = min > 1 && this.failed.some(({ code }) => code === 'ERR_IDENTITY_MISMATCH')
    if (this.failed.length === this.total && !isAnother) throw allFailed(this.failed)
    if (this.open + this.good.length < min)
      throw tooFew(this.good.length, this.total, min, isAnother ? this.failed.slice(0, 1) : this.failed)
  }
  /** What is handed out is decided: paths that come up later must fit it. */
  decide(): void {
    this.#answered = true
  }
  /**
   * The operation returns now. Paths that are still coming up keep the time that they had, until another operation needs the attachment.
   * Paths that could not be reached are retried during that time.
   */
  latePaths(): LatePaths | undefined {
    if (this.open === 0 && this.#lost.length === 0) return undefined
    this.#ending[Symbol.dispose]() // from here on the operation's end does not end it
    this.#answered = true
    this.#tasks.push(...this.#lost.splice(0).map((path) => this.#comeBack(path)))
    const done = Promise.allSettled(this.#tasks).then(() => undefined)
    endInTime(this.#branch, this.#ending, done)
    return { done, cancel: () => this.stop() }
  }
  /** Cancels paths that are still coming up, and waits until they have ended. */
  async stop(): Promise<void> {
    this.#ending.abort(new BrickworkError('ERR_ABORTED', 'The other paths are no longer needed'))
    await Promise.allSettled(this.#tasks)
  }

  async #rise(named: NamedPath): Promise<void> {
    if ((await this.#bringUp(named)) === 'lost') await this.#comeBack(named)
  }
  /** Returns `lost` for a path that may be tried again, after the attach has returned. Before that, such a path is kept for later. */
  async #bringUp(named: NamedPath): Promise<'joined' | 'lost' | 'failed'> {
    try {
      const path = await this.#climb(named)
      for (const other of this.#accept(path)) await this.#fail(other.path, writeProtected(other))
      await this.#adopt(path)
      await this.#giveBack(path)
      if (this.#answered) this.#trunk.progress.mention('a path joined', { path: named.label })
      return 'joined'
    } catch (error) {
      return await this.#fail(named, error)
    } finally {
      this.#rising.delete(named)
      this.#changes.report()
    }
  }
  /** Tries the path again, because no event announces that it is back. */
  async #comeBack(named: NamedPath): Promise<void> {
    const { clock } = this.#branch.host
    do await clock.sleep(jittered(this.#branch, COME_BACK_MS, named.label, clock.now()), this.#ending.signal)
    while (this.#branch.remainingMs > COME_BACK_MS && (await this.#bringUp(named)) === 'lost')
  }
  async #climb(path: NamedPath): Promise<VerifiedPath> {
    const operation = this.#branch
    const known = (nexus: Nexus) => void this.#nexuses.set(path, nexus)
    const { nexus, scanned } = await bringUp(operation, this.#transport, path, this.#connection, operation.remainingMs, known)
    const found = scanned ?? (await waitForLun(operation, this.#transport, [{ nexus, path }], absentHere))
    return { path, ...(await this.#verify(found)) }
  }
  /** Compares a path with the accepted ones and accepts it, without any await between. Returns the paths that must go for it. */
  #accept(path: VerifiedPath): VerifiedPath[] {
    requireSameVolume(path, this.good, this.#volume)
    requireSameSize(path, this.good)
    this.#volume ??= path.identity
    const outdone = isReader(this.#branch) ? [] : outdoneBy(path, this.good, this.#answered)
    this.good.splice(0, Infinity, ...this.good.filter((each) => !outdone.includes(each)), path)
    return outdone
  }
  async #adopt(path: VerifiedPath): Promise<void> {
    this.#adopting.add(path)
    try {
      await adoptUnused(this.#branch, this.#transport, path.scanned, this.expected)
      await sharePath(this.#branch, path.device)
    } catch (error) {
      this.good.splice(0, Infinity, ...this.good.filter((each) => each !== path))
      if (!this.#answered && concernsAllPaths(error)) this.#broken ??= error
      throw error
    } finally {
      this.#adopting.delete(path)
    }
  }
  /**
   * While an existing disk does not answer, multipathd must not have it: multipathd asks each path for its priority before it creates a
   * map, and creates none while one path is silent.
   */
  async #verify(scanned: ScannedDisk) {
    const operation = this.#branch
    using answered = new LinkedSignal(operation.signal)
    const { name = '' } = scanned.disk.block ?? {}
    if (!scanned.fresh) this.verifying.add(name)
    const watching = scanned.fresh ? undefined : this.#keepOutIfSlow(scanned, answered.signal)
    watching?.catch(() => undefined) // thrown below, once the disk has answered
    try {
      return await verifyOrReplace(operation, this.#transport, scanned, this.expected, scanned.nexus.label)
    } finally {
      this.verifying.delete(name)
      answered.abort(NOT_NEEDED)
      await watching
    }
  }
  async #keepOutIfSlow({ nexus, disk }: ScannedDisk, answered: AbortSignal): Promise<void> {
    const operation = this.#branch
    await operation.host.clock.sleep(SLOW_PROOF_MS, answered).catch(() => undefined)
    if (answered.aborted || (await operation.claim.mayBeShared(diskObject(nexus.key, disk.lun, disk, 'found').key))) return
    if (await excludeUnlessForeign(operation, disk.block?.name ?? '', this.#transport.adopts === true)) this.#changes.report()
  }
  async #giveBack({ device }: VerifiedPath): Promise<void> {
    await giveBack(this.#branch, excludedPaths(this.#branch, device.name))
  }
  async #fail(path: NamedPath, error: unknown): Promise<'lost' | 'failed'> {
    const operation = this.#branch
    try {
      // Once the attach has returned, a path can't fail it. What a late path created is removed.
      const attempt =
        this.#answered && isBrickworkError(error) ? attemptOf(operation, path.label, error) : toAttempt(operation, path.label, error, true)
      await releasePath(operation, this.#transport, path, this.#nexuses.get(path))
      this.#nexuses.delete(path)
      if (!this.#answered) this.#trunk.progress.note('a path failed', { ...attempt })
      if (!this.#answered) this.failed.push(attempt)
      const lost = TRY_AGAIN.includes(attempt.code)
      if (lost && this.#answered) return 'lost'
      if (lost) this.#lost.push(path)
      return 'failed'
    } catch (broken) {
      if (!operation.signal.aborted || !isBrickworkError(broken)) this.#broken ??= broken
      return 'failed'
    }
  }
}
