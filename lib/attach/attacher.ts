import { type Checks, checkId, checkIfMissing, checkInterval, checkOnNoPaths, checkSize, checksOf } from '../connection/schema.js'
import type { AttachmentName, Connection } from '../api/connection.js'
import type { AttachCall, Attacher, CloseCall, DetachCall, EnumerateCall, Inspection, ResizeCall, ResizeReport } from '../api/attacher.js'
import type { ForgetCall, ForgetReport } from '../api/forget.js'
import type { HostIdentity } from '../api/identity.js'
import type { HealCall, HealReport } from '../api/heal.js'
import type { BlockTopology } from '../api/topology.js'
import type { DetachReport } from '../api/detach-report.js'
import type { DoctorCall, DoctorReport } from '../api/doctor.js'
import type { HealthEvent, OperationEvent } from '../api/events.js'
import type { RecoverCall, RecoveryReport } from '../api/recovery.js'
import type { AttachmentOf, AttachmentSummary, AttachRequest } from '../api/attachment.js'
import type { Policy } from '../api/policy.js'
import type { Call } from '../api/call.js'
import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { EventStream } from '../core/bounded-queue.js'
import { tracedHost } from '../core/traced-host.js'
import { accessOf } from '../operation/shared-volume.js'
import { attachVolume, requireWhatToCompare, sameConnection } from './attach-volume.js'
import { Claims } from '../operation/claims.js'
import { Coordinator } from '../operation/coordinator.js'
import type { Connector } from '../operation/connector.js'
import { detachUnknown, detachVolume } from './detach-volume.js'
import { digest } from '../operation/digest.js'
import { RUN_DIR, STATE_DIR } from '../operation/directories.js'
import type { Entry } from '../operation/entry.js'
import { EventHub, publishTo } from '../operation/event-hub.js'
import { forgetVolume } from './forget-volume.js'
import { RefreshedSecrets } from '../operation/refreshed-secrets.js'
import { Journal } from './journal.js'
import { requireBoot } from './boot.js'
import { requirePrivileges } from './require-privileges.js'
import { hostIdentity } from './host-identity.js'
import { AttachmentQueries } from './attachment-queries.js'
import { OperationRunner } from './operation-runner.js'
import type { AttacherSettings } from './attacher-settings.js'
import type { AttacherContext } from '../operation/operation.js'
import { defaultLimits, defaultPolicy, mergeLimits, mergePolicy } from '../operation/policy.js'
import { blockTopology } from './topology.js'
import { Recovery } from './recovery/recover-all.js'
import { Streams } from './streams.js'
import { notAttached, requireDetached } from './not-attached.js'
import { resizeVolume } from './resize-volume.js'
import { Healer } from './healer.js'
import { checkedCall } from './call-options.js'
import { BackgroundRecovery } from './recovery/background-recovery.js'

/** The verbs: each checks its call, runs the connector of the protocol, and publishes events. */
export class BrickworkAttacher implements Attacher {
  readonly #context: AttacherContext
  readonly #journal: Journal
  readonly #runner: OperationRunner
  readonly #connectors: ReadonlyMap<string, Connector>
  readonly #recovery: Recovery
  readonly #backgroundRecovery: BackgroundRecovery
  readonly #healer: Healer
  readonly #queries: AttachmentQueries
  readonly #streams: Streams
  readonly #boot: string
  readonly #policy: Policy
  readonly #checks: Checks
  readonly #onClosed: (() => Promise<void>) | undefined
  readonly #hub: EventHub

  /** @param checks compiled from the connectors' forms. Compiling takes longer than an attach, so attachers may share them. */
  static async open(
    options: AttacherSettings,
    connectors: readonly Connector[],
    checks = checksOf(connectors.map(({ form }) => form)),
  ): Promise<BrickworkAttacher> {
    const [policy, limits] = [checks.policy(options.policy ?? {}), checks.limits(options.limits ?? {})]
    const intervalMs = checkInterval(options.healIntervalMs)
    const boot = await requireBoot(options.host)
    const attacher = new BrickworkAttacher({ ...options, policy, limits }, connectors, checks, boot)
    if (options.queryOnly === true) return attacher
    await requirePrivileges(options.host)
    await attacher.#journal.open()
    await attacher.#context.claims.open()
    if (intervalMs !== undefined) attacher.#healer.begin(intervalMs)
    return attacher
  }
  private constructor(options: AttacherSettings, connectors: readonly Connector[], checks: Checks, boot: string) {
    const { owner = 'default', stateDir = STATE_DIR, runDir = RUN_DIR } = options
    const forms = connectors.map(({ form }) => form)
    const policy = mergePolicy(defaultPolicy(forms), options.policy)
    const limits = mergeLimits(defaultLimits(forms), options.limits)
    const scarce = connectors.reduce((all, connector) => ({ ...all, ...connector.scarce?.(limits) }), {})
    const host = tracedHost(options.host, options.log)
    this.#hub = new EventHub(host.clock)
    const coordinator = new Coordinator(host, limits, scarce)
    const claims = new Claims(host, runDir, boot)
    this.#context = { host, owner: checkId(owner), runDir, claims, coordinator, publish: publishTo(this.#hub) }
    this.#journal = new Journal(host, stateDir, owner)
    this.#runner = new OperationRunner(this.#context, this.#journal, boot, policy, options.queryOnly)
    this.#connectors = new Map(connectors.map((connector) => [connector.form.protocol, connector]))
    this.#boot = boot
    this.#policy = policy
    this.#checks = checks
    this.#onClosed = options.onClosed
    const parts = { ...this.#parts, boot, policy }
    this.#recovery = new Recovery(parts)
    this.#backgroundRecovery = new BackgroundRecovery(this.#context, this.#runner, this.#recovery)
    this.#healer = new Healer({ ...parts, onPending: (entry) => this.#backgroundRecovery.begin(entry) })
    this.#queries = new AttachmentQueries({ ...parts, idOf: (connection) => this.#idOf(connection) })
    this.#streams = new Streams(this.#context, this.#hub, this.#journal, boot, this.#connectors, this.#recovery)
  }

  async attach<C extends Connection>(request: AttachRequest<C>, call: AttachCall = {}): Promise<AttachmentOf<C>> {
    const { refreshSecrets } = checkedCall('attach', call)
    const checked = this.#checks.request(request)
    const connector = this.#connectorOf(checked.connection.protocol)
    const policy = mergePolicy(this.#policy, checked.policy)
    requireWhatToCompare(policy, checked)
    const blank = this.#runner.blank(checked.id, connector.form.canonical(checked.connection))
    const access = accessOf(policy, checked.connection)
    const entry = { ...blank, onNoPaths: checked.policy?.onNoPaths, access: access === 'ro' ? access : undefined }
    const secrets = refreshSecrets === undefined ? undefined : new RefreshedSecrets(connector.form, refreshSecrets)
    return await this.#runner.run('attach', entry, call, { policy, secrets }, async (operation) => {
      try {
        return await attachVolume(operation, connector, this.#journal, checked, (protocol) => this.#connectorOf(protocol))
      } catch (error) {
        if (isBrickworkError(error) && error.code !== 'ERR_INTERNAL' && ['pending', 'left'].includes(error.sideEffects))
          this.#backgroundRecovery.begin(operation.claim.entry)
        throw error
      }
    })
  }

  async detach(ref: AttachmentName, call: DetachCall = {}): Promise<DetachReport> {
    const ifMissing = checkIfMissing(checkedCall('detach', call).ifMissing)
    const options = { force: call.force ?? false, onNoPaths: checkOnNoPaths(call.onNoPaths) }
    const connection = typeof ref === 'string' ? undefined : this.#checks.reference(ref.connection)
    const timed = this.#runner.timed(call)
    const known = typeof ref === 'string' ? checkId(ref) : await this.#runner.query(timed(), () => this.#idOf(ref.connection))
    if (connection === undefined || known !== undefined) {
      const entry = this.#runner.blank(known ?? '')
      return await this.#runner.run('detach', entry, timed(), options, async (operation) =>
        requireDetached(await detachVolume(operation, this.#connectorFor, this.#journal), ifMissing, known),
      )
    }
    const connector = this.#connectorOf(connection.protocol)
    const canonical = connector.form.canonical(connection)
    const entry = this.#runner.blank(`connection ${digest(JSON.stringify(canonical))}`, canonical)
    return await this.#runner.run('detach', entry, timed(), options, async (operation) => {
      const found = await operation.progress.step('find', () =>
        Promise.resolve(connector.discover?.(operation, connection) ?? { objects: [], created: new Set<string>() }),
      )
      return requireDetached(await detachUnknown(operation, connector, found), ifMissing, undefined)
    })
  }

  async resize(ref: AttachmentName, call: ResizeCall = {}): Promise<ResizeReport> {
    const wanted = checkSize(checkedCall('resize', call).sizeBytes)
    const timed = this.#runner.timed(call)
    const id = await this.#idOfAttached(ref, timed())
    return await this.#runner.run('resize', this.#runner.blank(id), timed(), {}, (operation) =>
      resizeVolume(operation, this.#connectorFor, this.#journal, wanted),
    )
  }

  async forget(id: string, options: ForgetCall = {}): Promise<ForgetReport> {
    const { leaveRemaining = false, ...call } = checkedCall('forget', options)
    return await this.#runner.run('forget', this.#runner.blank(checkId(id)), call, {}, (operation) =>
      forgetVolume(operation, this.#connectorFor, this.#journal, leaveRemaining),
    )
  }

  async heal(ref?: AttachmentName, call: HealCall = {}): Promise<HealReport> {
    checkedCall('heal', call)
    if (ref === undefined) return await this.#healer.all(call)
    const given = typeof ref === 'string' ? undefined : this.#checks.connection(ref.connection)
    return await this.#healer.one(await this.#idOfAttached(ref, call), call, given)
  }

  async recover(call: RecoverCall = {}): Promise<RecoveryReport> {
    return await this.#recovery.run(checkedCall('recover', call))
  }

  async list(call: Call = {}): Promise<readonly AttachmentSummary[]> {
    return await this.#queries.list(checkedCall('list', call))
  }
  async inspect(ref: AttachmentName, call: Call = {}): Promise<Inspection> {
    return await this.#queries.inspect(ref, checkedCall('inspect', call))
  }
  async identity(call: Call = {}): Promise<HostIdentity> {
    return await this.#runner.query(checkedCall('identity', call), () => hostIdentity(this.#context.host, this.#connectors.values()))
  }
  async enumerate(call: EnumerateCall = {}): Promise<BlockTopology> {
    const { host, claims } = this.#context
    const { askMultipathd } = checkedCall('enumerate', call)
    const options = askMultipathd === undefined ? {} : { askMultipathd }
    return await this.#runner.query(call, ({ signal }) => blockTopology(host, claims, signal, options))
  }
  async doctor(call: DoctorCall = {}): Promise<DoctorReport> {
    const checked = checkedCall('doctor', call)
    const { doctorWithLogin } = await import('./doctor-with-login.js')
    return await doctorWithLogin(this.#parts, checked)
  }
  events(call: { readonly signal?: AbortSignal } = {}): EventStream<OperationEvent> {
    return this.#hub.subscribe(checkedCall('events', call).signal)
  }
  watch(call: Call = {}): EventStream<HealthEvent> {
    return this.#streams.watch(checkedCall('watch', call))
  }
  follow(call: Call = {}): EventStream<BlockTopology> {
    return this.#streams.follow(checkedCall('follow', call))
  }
  async close(call: CloseCall = {}): Promise<void> {
    const { latePaths = 'give-up', timeoutMs } = checkedCall('close', call)
    try {
      await this.#runner.close(latePaths, timeoutMs)
    } finally {
      await this.#hub.close()
      await this.#onClosed?.()
    }
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #parts() {
    return {
      context: this.#context,
      runner: this.#runner,
      journal: this.#journal,
      checks: this.#checks,
      connectors: this.#connectors,
      connectorOf: (protocol: string) => this.#connectorOf(protocol),
    }
  }
  async #idOfAttached(ref: AttachmentName, { timeoutMs, signal }: Call): Promise<string> {
    const call = { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(signal === undefined ? {} : { signal }) }
    const id = typeof ref === 'string' ? checkId(ref) : await this.#runner.query(call, () => this.#idOf(ref.connection))
    if (id === undefined) throw notAttached(undefined)
    return id
  }
  async #idOf(connection: unknown): Promise<string | undefined> {
    const checked = this.#checks.reference(connection)
    const canonical = this.#connectorOf(checked.protocol).form.canonical(checked)
    const { entries } = await this.#journal.all()
    return entries.find((entry) => sameConnection(entry.connection, canonical))?.id
  }
  readonly #connectorFor = (entry: Entry): Connector => this.#connectorOf(entry.connection.protocol)
  #connectorOf(protocol: string): Connector {
    const connector = this.#connectors.get(protocol)
    if (connector === undefined)
      throw new BrickworkError('ERR_UNSUPPORTED', `No connector for protocol ${JSON.stringify(protocol)}`, { details: { protocol } })
    return connector
  }
}
