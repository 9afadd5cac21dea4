import { checkConnection, checkId, checkLimits, checkPolicy, checkRequest, checkTimeout } from '../connection/schema.js'
import type { Connection } from '../connection/types.js'
import { Deadline } from '../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { Host, Lock } from '../core/host.js'
import { Semaphore } from '../core/semaphore.js'
import type {
  Attacher,
  Attachment,
  AttachmentSummary,
  AttachRequest,
  BlockPicture,
  Call,
  DetachReport,
  HostIdentity,
  Inspection,
  Limits,
  OperationEvent,
  PartialPolicy,
  Policy,
  RecoveryAction,
  RecoveryReport,
} from '../types.js'
import { attachVolume, knownEntry, sameConnection } from './attach-volume.js'
import { Claims } from './claims.js'
import type { Connector } from './connector.js'
import { detachUnknown, detachVolume } from './detach-volume.js'
import { digest } from './digest.js'
import { type Entry, SCHEMA } from './entry.js'
import { EventHub } from './event-hub.js'
import { Journal } from './journal.js'
import { blockPicture, bootId, hostIdentity, inspection, summary } from './look.js'
import { Operation, type Rest, type Workshop } from './operation.js'
import { DEFAULT_TIMEOUT_MS, defaultLimits, mergePolicy } from './policy.js'
import { carryOut, judge } from './recover.js'

interface Options {
  readonly host: Host
  readonly owner?: string
  readonly stateDir?: string
  readonly runDir?: string
  readonly policy?: PartialPolicy
  readonly limits?: Partial<Limits>
}
type Verb = 'attach' | 'detach' | 'recover'
type Ref = string | { readonly connection: Connection }

/** Extra time for settling a login after its window: the logout. */
const SETTLE_MS = 15_000

/** Checks what comes in, gives each call its time, its place in the queue and its lock, and tells its story. */
export class BrickworkAttacher implements Attacher {
  readonly #workshop: Workshop
  readonly #journal: Journal
  readonly #connectors: ReadonlyMap<string, Connector>
  readonly #boot: string
  readonly #policy: PartialPolicy | undefined
  readonly #places: Semaphore
  readonly #hub = new EventHub()
  readonly #underWay = new Set<Promise<unknown>>()
  /** Paths that are still on their way, by attachment. */
  readonly #rests = new Map<string, Rest>()
  #closed = false

  static async open(options: Options, connectors: readonly Connector[]): Promise<BrickworkAttacher> {
    if (options.policy !== undefined) checkPolicy(options.policy)
    checkLimits(options.limits ?? {})
    const boot = await bootId(options.host)
    if (boot === undefined)
      throw new BrickworkError('ERR_UNSUPPORTED_PLATFORM', 'This is not a Linux host: /proc/sys/kernel/random/boot_id is missing')
    const attacher = new BrickworkAttacher(options, connectors, boot)
    await attacher.#journal.open()
    await attacher.#workshop.claims.open()
    return attacher
  }
  private constructor(options: Options, connectors: readonly Connector[], boot: string) {
    const { host, owner = 'default', stateDir = '/var/lib/brickwork', runDir = '/run/brickwork' } = options
    const publish = (event: OperationEvent) => this.#hub.publish(event)
    this.#workshop = { host, owner: checkId(owner), runDir, claims: new Claims(host, runDir, boot), publish }
    this.#journal = new Journal(host, stateDir, owner)
    this.#connectors = new Map(connectors.map((connector) => [connector.protocol, connector]))
    this.#boot = boot
    this.#policy = options.policy
    this.#places = new Semaphore(options.limits?.operations ?? defaultLimits.operations)
  }

  async attach(request: AttachRequest, call: Call = {}): Promise<Attachment> {
    const checked = checkRequest(request)
    const connector = this.#connectorOf(checked.connection.protocol)
    const entry = this.#blank(checked.id, connector.plain(checked.connection))
    const policy = mergePolicy(this.#policy, checked.policy)
    return await this.#run('attach', entry, call, { policy }, (operation) => attachVolume(operation, connector, this.#journal, checked))
  }

  async detach(ref: Ref, call: Call & { readonly force?: boolean } = {}): Promise<DetachReport> {
    const known = typeof ref === 'string' ? checkId(ref) : await this.#idOf(checkConnection(ref.connection))
    const options = { force: call.force ?? false }
    if (known !== undefined) {
      const entry = this.#blank(known, { protocol: '' })
      return await this.#run('detach', entry, call, options, (operation) =>
        detachVolume(operation, (each) => this.#connectorOf(each.connection.protocol), this.#journal),
      )
    }
    const connection = checkConnection((ref as { connection: Connection }).connection)
    const connector = this.#connectorOf(connection.protocol)
    const plain = connector.plain(connection)
    return await this.#run('detach', this.#blank(`connection ${digest(JSON.stringify(plain))}`, plain), call, options, async (operation) =>
      detachUnknown(operation, connector, await operation.step('find', () => connector.discover(operation, connection))),
    )
  }

  async recover(call: Call & { readonly dryRun?: boolean } = {}): Promise<RecoveryReport> {
    const dryRun = call.dryRun ?? false
    const { entries, errors } = await this.#journal.all()
    const claimed = (await this.#workshop.claims.all()).filter(({ owner }) => owner === this.#workshop.owner)
    const ids = [...new Set([...entries, ...claimed].map(({ id }) => id))]
    const unread = errors.map(
      (error): RecoveryAction => ({ id: null, what: String(error.details['file']), action: 'left', reason: error.message }),
    )
    const actions = await Promise.all(ids.map((id) => this.#recoverOne(id, call, dryRun)))
    return { dryRun, actions: [...actions.filter((action) => action !== undefined), ...unread] }
  }

  async list(call: Call = {}): Promise<readonly AttachmentSummary[]> {
    return await this.#look(call, async (operation) => {
      const { entries, errors } = await this.#journal.all()
      for (const error of errors) this.#workshop.host.log.warn({ error }, 'an entry of the journal could not be read')
      return await Promise.all(entries.map(async (entry) => summary(entry, this.#boot, await this.#locate(operation, entry))))
    })
  }
  async inspect(ref: Ref, call: Call = {}): Promise<Inspection> {
    const id = typeof ref === 'string' ? checkId(ref) : await this.#idOf(checkConnection(ref.connection))
    const entry = id === undefined ? undefined : await this.#journal.read(id)
    if (entry === undefined)
      throw new BrickworkError('ERR_INVALID_ARGUMENT', `${id === undefined ? 'This connection' : JSON.stringify(id)} is not attached`, {
        details: { field: 'id' },
      })
    return await this.#look(call, async (operation) =>
      inspection(this.#workshop.host, entry, this.#boot, await this.#locate(operation, entry), operation.signal),
    )
  }
  async identity(): Promise<HostIdentity> {
    return await hostIdentity(this.#workshop.host)
  }
  async enumerate(call: Call = {}): Promise<BlockPicture> {
    return await this.#look(call, (operation) => blockPicture(this.#workshop.host, operation.signal))
  }
  events(call: { readonly signal?: AbortSignal } = {}): AsyncIterable<OperationEvent> {
    return this.#hub.subscribe(call.signal)
  }
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#rests.values()].map((rest) => rest.cancel()))
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    this.#hub.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** One operation from beginning to end. */
  async #run<T>(
    verb: Verb,
    entry: Entry,
    call: Call,
    options: { policy?: Policy; force?: boolean },
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw new BrickworkError('ERR_ABORTED', 'The attacher is closed', { volume: entry.id })
    const running = this.#operate(verb, entry, call, options, work)
    return await this.#kept(running)
  }
  async #operate<T>(
    verb: Verb,
    entry: Entry,
    call: Call,
    options: { policy?: Policy; force?: boolean },
    work: (operation: Operation) => Promise<T>,
  ): Promise<T> {
    const { host } = this.#workshop
    using deadline = new Deadline(host.clock, checkTimeout(call.timeoutMs ?? DEFAULT_TIMEOUT_MS), call.signal)
    const operation = new Operation(this.#workshop, entry, deadline, {
      policy: options.policy ?? mergePolicy(this.#policy),
      force: options.force ?? false,
    })
    this.#workshop.publish({ type: 'operation:start', at: host.clock.wallMs(), operation: verb, id: entry.id })
    try {
      const answer = await this.#admitted(operation, () => work(operation))
      operation.end(verb)
      return answer
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      const said = error.with({ volume: entry.id })
      operation.end(verb, said)
      if (verb === 'attach' && (said.sideEffects === 'pending' || said.sideEffects === 'left')) this.#settleLater(operation.entry)
      throw said
    }
  }
  /** In order of arrival, and one operation at a time on an attachment, in this process and between processes. */
  async #admitted<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    const { owner, id } = operation.entry
    const admit = async () => {
      await this.#rests.get(id)?.cancel()
      const place = await this.#places.take(operation.signal)
      try {
        const lock = await this.#workshop.host.locks.take(`${this.#workshop.runDir}/locks`, `attachment ${owner} ${id}`, operation.signal)
        return { place, lock }
      } catch (error) {
        place[Symbol.dispose]()
        throw error
      }
    }
    const { place, lock } = await operation.step('admit', admit).catch((error: unknown) => {
      if (!isBrickworkError(error, 'ERR_TIMEOUT')) throw error
      throw new BrickworkError('ERR_BUSY', `No turn came for ${JSON.stringify(id)}: other operations are under way`, {
        step: 'admit',
        cause: error,
      })
    })
    try {
      return await work()
    } finally {
      place[Symbol.dispose]()
      if (operation.rest === undefined) await lock.release()
      else this.#letJoin(operation, operation.rest, lock)
    }
  }
  /** Late paths join behind the lock of the attachment; the next operation on it ends that. */
  #letJoin(operation: Operation, rest: Rest, lock: Lock): void {
    const { id } = operation.entry
    const join = async () => {
      await rest.done
      const known = await this.#workshop.claims.read(operation.entry.owner, id)
      if (known?.state === 'attached') await this.#journal.write(operation.entry)
    }
    const joined = join()
      .catch((error: unknown) => this.#workshop.host.log.warn({ id, error }, 'late paths could not be written down; recover() will'))
      .finally(async () => {
        if (this.#rests.get(id) === own) this.#rests.delete(id)
        await lock.release()
      })
    const own: Rest = {
      done: joined,
      cancel: async () => {
        await rest.cancel()
        await joined
      },
    }
    this.#rests.set(id, own)
    void this.#kept(joined)
  }

  /** What a daemon still had in hand when an attach gave up is put right in the background, and by `close()` at the latest. */
  #settleLater({ id, pending }: Entry): void {
    const { clock, log } = this.#workshop.host
    const timeoutMs = Math.max(0, ...pending.map(({ untilMs }) => untilMs - clock.wallMs())) + SETTLE_MS
    const settling = this.#operate('recover', this.#blank(id, { protocol: '' }), { timeoutMs }, {}, (operation) =>
      this.#recoverKnown(operation, false),
    )
    this.#kept(settling).catch((error: unknown) =>
      log.warn({ id, error }, 'what was pending could not be settled; recover() will try again'),
    )
  }
  async #recoverOne(id: string, call: Call, dryRun: boolean): Promise<RecoveryAction | undefined> {
    if (dryRun) return await this.#look(call, (operation) => this.#recoverKnown(operation, true), id)
    try {
      return await this.#run('recover', this.#blank(id, { protocol: '' }), call, {}, (operation) => this.#recoverKnown(operation, false))
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return { id, what: 'attachment', action: error.code === 'ERR_BUSY' ? 'kept' : 'left', reason: error.message }
    }
  }
  async #recoverKnown(operation: Operation, dryRun: boolean): Promise<RecoveryAction | undefined> {
    const known = await knownEntry(operation, this.#journal)
    if (known === undefined) return undefined
    const connector = this.#connectorOf(known.connection.protocol)
    const action = await judge(operation, connector, known)
    return dryRun ? action : await carryOut(operation, connector, this.#journal, known, action)
  }

  /** A question: a deadline, and neither lock nor place. */
  async #look<T>(call: Call, ask: (operation: Operation) => Promise<T>, id = ''): Promise<T> {
    using deadline = new Deadline(this.#workshop.host.clock, checkTimeout(call.timeoutMs ?? DEFAULT_TIMEOUT_MS), call.signal)
    return await ask(new Operation(this.#workshop, this.#blank(id, { protocol: '' }), deadline, { policy: mergePolicy(this.#policy) }))
  }
  async #locate(operation: Operation, entry: Entry) {
    return entry.boot === this.#boot && entry.state === 'attached'
      ? await this.#connectorOf(entry.connection.protocol).locate(operation, entry)
      : undefined
  }
  async #idOf(connection: Connection): Promise<string | undefined> {
    const plain = this.#connectorOf(connection.protocol).plain(connection)
    const { entries } = await this.#journal.all()
    return entries.find((entry) => sameConnection(entry.connection, plain))?.id
  }
  #connectorOf(protocol: string): Connector {
    const connector = this.#connectors.get(protocol)
    if (connector === undefined)
      throw new BrickworkError('ERR_UNSUPPORTED', `No connector for protocol ${JSON.stringify(protocol)}`, { details: { protocol } })
    return connector
  }
  #blank(id: string, connection: Entry['connection']): Entry {
    const { host, owner } = this.#workshop
    const pid = globalThis.process.pid
    return {
      schema: SCHEMA,
      id,
      owner,
      boot: this.#boot,
      state: 'attaching',
      pid,
      atMs: host.clock.wallMs(),
      connection,
      objects: [],
      pending: [],
      result: null,
    }
  }
  async #kept<T>(running: Promise<T>): Promise<T> {
    const settled = running.then(
      () => undefined,
      () => undefined,
    )
    this.#underWay.add(settled)
    try {
      return await running
    } finally {
      this.#underWay.delete(settled)
    }
  }
}
