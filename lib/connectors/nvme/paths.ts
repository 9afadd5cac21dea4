/** Brings up all paths to a volume at once. Each comes up by itself; the kernel combines them. */
import type { Expected } from '../../api/attachment.js'
import { type Attempt, BrickworkError, isBrickworkError } from '../../core/errors.js'
import { NextChange } from '../../core/next-change.js'
import { LinkedSignal } from '../../core/signal.js'
import { allFailed, attemptOf, toAttempt, tooFew } from '../../operation/attempts.js'
import { endInTime } from '../../operation/end-in-time.js'
import { verifyIdentity } from '../../operation/identity.js'
import type { LatePaths, Operation } from '../../operation/operation.js'
import { jittered } from '../../operation/jitter.js'
import type { WantedNamespace } from './connection.js'
import { type FoundNamespace, findNamespace } from './find-namespace.js'
import { namespaceIdentity, sameIdentity } from './identity.js'
import { bringUp, type BringUpContext } from './bring-up.js'
import type { PortalPath } from './portal-path.js'

/** Pause before a path that could not be brought up is tried again, once the attach has returned. */
const COME_BACK_MS = 2000

export class Paths {
  readonly #trunk: Operation
  readonly #branch: Operation
  readonly #ending: LinkedSignal
  readonly #context: BringUpContext
  readonly #wanted: WantedNamespace
  readonly #expected: Expected
  readonly #tasks: Promise<unknown>[]
  readonly #lost: PortalPath[] = []
  readonly total: number
  readonly good: FoundNamespace[] = []
  readonly failed: Attempt[] = []
  #broken: unknown
  #answered = false
  readonly #changes = new NextChange()

  constructor(
    operation: Operation,
    context: BringUpContext,
    portalPaths: readonly PortalPath[],
    wanted: WantedNamespace,
    expected: Expected,
  ) {
    this.#trunk = operation
    this.#ending = new LinkedSignal(operation.signal)
    this.#branch = operation.branch(this.#ending.signal)
    this.#context = context
    this.#wanted = wanted
    this.#expected = expected
    this.total = portalPaths.length
    this.#tasks = portalPaths.map((portalPath) => this.#rise(portalPath))
  }
  get open(): number {
    return this.total - this.good.length - this.failed.length
  }
  /** Get it before you check the state, and await it afterwards. It resolves at the first change since then. */
  get change(): (signal: AbortSignal) => Promise<void> {
    return this.#changes.wait
  }
  /** @throws the error that ended the attach, or an error when fewer than `min` paths can still come up. */
  check(min: number): void {
    if (this.#broken !== undefined) throw this.#broken as Error
    if (this.failed.length === this.total) throw allFailed(this.failed)
    if (this.open + this.good.length < min) throw tooFew(this.good.length, this.total, min, this.failed)
  }
  /** The attach returns now. Paths that are still coming up, and those that were lost, have the rest of its time. */
  latePaths(): LatePaths | undefined {
    if (this.open === 0 && this.#lost.length === 0) return undefined
    this.#ending[Symbol.dispose]()
    this.#answered = true
    this.#tasks.push(...this.#lost.splice(0).map((portalPath) => this.#comeBack(portalPath)))
    const done = Promise.allSettled(this.#tasks).then(() => undefined)
    endInTime(this.#branch, this.#ending, done)
    return { done, cancel: () => this.stop() }
  }
  async stop(): Promise<void> {
    this.#ending.abort(new BrickworkError('ERR_ABORTED', 'The other paths are no longer needed'))
    await Promise.allSettled(this.#tasks)
  }
  async #rise(portalPath: PortalPath): Promise<void> {
    if ((await this.#bringUp(portalPath)) === 'lost') await this.#comeBack(portalPath)
  }
  async #comeBack(portalPath: PortalPath): Promise<void> {
    const { clock } = this.#branch.host
    do await clock.sleep(jittered(this.#branch, COME_BACK_MS, portalPath.label, clock.now()), this.#ending.signal)
    while (this.#branch.remainingMs > COME_BACK_MS && (await this.#bringUp(portalPath)) === 'lost')
  }
  async #bringUp(portalPath: PortalPath): Promise<'joined' | 'lost' | 'failed'> {
    try {
      this.#accept(await this.#climb(portalPath))
      if (this.#answered) this.#trunk.progress.mention('a path joined', { path: portalPath.label })
      return 'joined'
    } catch (error) {
      return this.#fail(portalPath, error)
    } finally {
      this.#changes.report()
    }
  }
  async #climb(portalPath: PortalPath): Promise<FoundNamespace> {
    const operation = this.#branch
    const up = await bringUp(operation, this.#context, portalPath)
    const found = await operation.progress.step('find', () => findNamespace(operation, up, this.#wanted), portalPath.label)
    const { path, head, serial, controller, fresh } = found
    const source = { name: head.name, ids: path, sizeBytes: head.sizeBytes, serial, controllers: [controller.name] }
    await operation.progress.step(
      'verify',
      () => verifyIdentity(operation, namespaceIdentity(source), fresh, this.#expected),
      portalPath.label,
    )
    return found
  }
  /** Compares a path with the accepted ones and accepts it, without any await between. */
  #accept(found: FoundNamespace): void {
    const [first] = this.good
    if (first !== undefined && (first.head.name !== found.head.name || !sameIdentity(first.path, found.path)))
      throw new BrickworkError(
        'ERR_IDENTITY_CONFLICT',
        `${first.portalPath.label} leads to /dev/${first.head.name} (${first.path.wwid ?? '?'}), and ${found.portalPath.label} to /dev/${found.head.name} (${found.path.wwid ?? '?'})`,
      )
    this.good.push(found)
  }
  #fail(portalPath: PortalPath, error: unknown): 'lost' | 'failed' {
    const operation = this.#branch
    try {
      const isLate = this.#answered && isBrickworkError(error)
      const attempt = isLate ? attemptOf(operation, portalPath.label, error) : toAttempt(operation, portalPath.label, error, this.total > 1)
      if (!this.#answered) {
        this.#trunk.progress.note('a path failed', { ...attempt })
        this.failed.push(attempt)
      }
      if (attempt.code !== 'ERR_TARGET_UNREACHABLE') return 'failed'
      if (this.#answered) return 'lost'
      this.#lost.push(portalPath)
      return 'failed'
    } catch (broken) {
      if (!operation.signal.aborted || !isBrickworkError(broken)) this.#broken ??= broken
      return 'failed'
    }
  }
}
