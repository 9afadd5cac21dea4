import type { Base } from '../machine/base.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import { keyOf, type Network, type Portal } from '../storage/network.js'
import type { IscsiKernel } from './iscsi-kernel.js'
import { ifaceOf, type NodeRecord, secondsOf, valueOf } from './records.js'
import type { Session, SessionParameters } from './session.js'
import type { IscsiTarget, IscsiTargets } from './targets.js'

/** The name of its abstract socket. */
export const ISCSID = 'ISCSIADM_ABSTRACT_NAMESPACE'

/** Exit codes of iscsiadm, which are iscsid's answers (usr/iscsi_err.h). */
export const ISCSI_ERR = {
  none: 0,
  sessionNotFound: 2,
  timeout: 8,
  internal: 9,
  pduTimeout: 11,
  sessionExists: 15,
  fatalLogin: 19,
  noIscsid: 20,
  noObjects: 21,
  sysfs: 22,
  auth: 24,
} as const

/** ISCSI_CONN_ERR_REOPEN_DELAY */
const REOPEN_MS = 3_000
/** A silent portal is tried again when the kernel sends another SYN. */
const SYN_MS = 1_000
/** iscsid counts whole seconds: its windows end up to one second late. */
const TICK_MS = 1_000

interface Attempt {
  readonly record: NodeRecord
  readonly parameters: SessionParameters
  readonly run: number
  session: Session | undefined
}

interface Parts {
  readonly kernel: IscsiKernel
  readonly scsi: ScsiKernel
  readonly targets: IscsiTargets
  readonly network: Network
}

/** The daemon. It continues a login after the caller has stopped waiting. */
export class Iscsid {
  readonly #base: Base
  readonly #parts: Parts
  readonly #pending = new Map<string, Attempt>()
  /** Resumes each call that waits while the daemon is frozen; `undefined` when it is not frozen. */
  #waiting: (() => void)[] | undefined
  #pid: number | undefined
  /** Changes with each start: work that an earlier run began is over. */
  #run = 0

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
  }
  /** Whether the daemon runs. */
  get running(): boolean {
    return this.#pid !== undefined
  }
  /** Its process id; -1 when it does not run. */
  get pid(): number {
    return this.#pid ?? -1
  }
  /** How many logins it is still trying. */
  get pending(): number {
    return this.#pending.size
  }
  /** Starts the daemon. Sessions that exist stay as they are. */
  start(): void {
    if (this.running) return
    this.#pid = this.#base.processes.start('iscsid', ['/sbin/iscsid'])
    this.#base.tree.file('/run/iscsid.pid', String(this.#pid))
    const socket = `0000000000000000: 00000002 00000000 00010000 0001 01 ${10_000 + this.#pid} @${ISCSID}`
    this.#base.tree.file('/proc/1/net/unix', `Num       RefCount Protocol Flags    Type St Inode Path\n${socket}\n`)
  }
  /** Stops the daemon: sessions stay, logins in progress are forgotten. */
  stop(): void {
    if (this.#pid === undefined) return
    this.#base.processes.end(this.#pid)
    this.#base.tree.remove('/run/iscsid.pid')
    this.#base.tree.remove('/proc/1/net/unix')
    this.#pid = undefined
    this.#run += 1
    this.#pending.clear()
    this.thaw()
  }
  /** Freezes the daemon (SIGSTOP): it takes no request until it is thawed. Its socket keeps the requests, as the kernel does. */
  freeze(): void {
    this.#waiting ??= []
  }
  /** Resumes the daemon (SIGCONT). */
  thaw(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const goOn of waiting) goOn()
  }
  /** Resolves when the daemon takes requests. @internal */
  async thawed(): Promise<void> {
    const waiting = this.#waiting
    if (waiting !== undefined) await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /**
   * Logs in. Resolves to iscsiadm's exit code when the session exists (and is scanned, with scan=auto), or when the login window ends.
   * @internal
   */
  async login(record: NodeRecord): Promise<number> {
    await this.thawed()
    if (!this.running) return ISCSI_ERR.noIscsid
    const parameters = parametersOf(record)
    const key = `${parameters.iqn} ${keyOf(parameters.portal)} ${parameters.iface}`
    if (this.#pending.has(key) || this.#parts.kernel.count(parameters) >= secondsOf(record, 'node.session.nr_sessions'))
      return ISCSI_ERR.sessionExists
    const attempt: Attempt = { record, parameters, run: this.#run, session: undefined }
    this.#pending.set(key, attempt)
    const answer = await this.#attempts(attempt)
    if (answer !== ISCSI_ERR.none && attempt.session !== undefined) await this.#parts.kernel.destroy(attempt.session)
    if (this.#pending.get(key) === attempt) this.#pending.delete(key)
    if (answer !== ISCSI_ERR.none || attempt.session === undefined) return answer
    if (valueOf(record, 'node.session.scan') === 'auto') await this.#parts.scsi.scanAll(attempt.session)
    return answer
  }
  /** Ends a session and removes its disks. Resolves to iscsiadm's exit code. @internal */
  async logout(session: Session): Promise<number> {
    await this.thawed()
    if (!this.running) return ISCSI_ERR.noIscsid
    if (session.closing || session.state === 'FREE') return ISCSI_ERR.internal
    session.closing = true
    await this.#base.wait(this.#base.settings.delays.logout)
    await this.#parts.kernel.destroy(session)
    return ISCSI_ERR.none
  }

  async #attempts(attempt: Attempt): Promise<number> {
    const { timeline } = this.#base
    const { network, kernel } = this.#parts
    const { record, parameters } = attempt
    const windowMs =
      secondsOf(record, 'node.session.initial_login_retry_max') * secondsOf(record, 'node.conn[0].timeo.login_timeout') * 1000
    const giveUpAt = timeline.now + windowMs + TICK_MS
    for (;;) {
      if (attempt.run !== this.#run) return ISCSI_ERR.internal
      const reachability = network.reachability(parameters.portal)
      // iscsid creates the session as soon as TCP is connected, long before the login.
      if (reachability === 'open' || reachability === 'mute') attempt.session ??= kernel.create(parameters)
      const answer = reachability === 'open' ? await this.#logIn(attempt) : undefined
      if (answer !== undefined) return answer
      const remainingMs = giveUpAt - timeline.now
      if (remainingMs <= 0) return reachability === 'mute' ? ISCSI_ERR.pduTimeout : ISCSI_ERR.timeout
      const pause = reachability === 'drop' ? SYN_MS : REOPEN_MS
      await new Promise<void>((resolve) => this.#base.after(Math.min(pause, remainingMs), resolve))
    }
  }
  /** Tries one login at a portal that answers; `undefined`: try again. */
  async #logIn({ record, parameters, session }: Attempt): Promise<number | undefined> {
    const { settings } = this.#base
    const { targets, network, kernel } = this.#parts
    await this.#base.wait(settings.delays.login)
    if (network.reachability(parameters.portal) !== 'open' || session === undefined) return undefined
    // Each attempt begins at the requested portal.
    const peer = targets.peerOf(parameters.portal)
    if (network.reachability(peer) !== 'open') return undefined
    session.peer = peer
    const target = targets.targetAt(parameters.iqn, peer)
    if (target === undefined) return settings.unknownTarget === 'not found' ? ISCSI_ERR.fatalLogin : undefined
    if (!mayLogIn(target, record)) return ISCSI_ERR.auth
    if (wantsMore(target, record)) return ISCSI_ERR.fatalLogin
    if (isImpostor(target, record)) return ISCSI_ERR.fatalLogin
    kernel.loggedIn(session)
    return ISCSI_ERR.none
  }
}

export function parametersOf(record: NodeRecord): SessionParameters {
  const portal: Portal = record.portal
  const replacementTimeout = secondsOf(record, 'node.session.timeo.replacement_timeout')
  return { iqn: record.iqn, portal, iface: ifaceOf(record), replacementTimeout }
}
/** An initiator with credentials insists on them, so it can't agree with a target that asks for none. */
function wantsMore({ chap }: IscsiTarget, record: NodeRecord): boolean {
  return chap === undefined && valueOf(record, 'node.session.auth.authmethod') === 'CHAP'
}
/** CHAP. A target without it accepts every initiator that does not insist on it. */
function mayLogIn({ chap }: IscsiTarget, record: NodeRecord): boolean {
  if (chap === undefined) return true
  const value = (key: string) => valueOf(record, `node.session.auth.${key}`)
  return value('authmethod') === 'CHAP' && value('username') === chap.username && value('password') === chap.secret
}
/** Mutual CHAP: an initiator that asks the target for credentials accepts only the right answer. */
function isImpostor({ chap }: IscsiTarget, record: NodeRecord): boolean {
  const value = (key: string) => valueOf(record, `node.session.auth.${key}_in`)
  return value('username') !== undefined && (value('username') !== chap?.target?.username || value('password') !== chap?.target?.secret)
}
