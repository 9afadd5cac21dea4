import type { Base } from '../machine/base.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import { keyOf, type Network } from '../storage/network.js'
import { clearSession, connectionDirectory, laySession } from './iscsi-sysfs.js'
import { Session, type SessionParameters } from './session.js'
import type { IscsiTargets } from './targets.js'

/** noop_out_interval plus noop_out_timeout: a session notices a silent target after this time. */
const NOOP_MS = 10_000
/** A session notices a reset at its next noop. */
const RESET_MS = 5_000
const CLOSED_MS = 10
/** With `readsMeetChanges`, attributes come so much later than their uevent (drivers/base/transport_class.c). */
const MAKING_MS = 2
/** How often iscsid tries to reconnect. */
const REOPEN_MS = 3_000
const hostAttributes = { proc_name: 'iscsi_tcp', state: 'running', host_busy: '0', can_queue: '128' }

interface Parts {
  readonly scsi: ScsiKernel
  readonly targets: IscsiTargets
  readonly network: Network
  /** The daemon that creates the sessions and reconnects them. */
  readonly daemon: () => { readonly running: boolean; readonly pid: number }
}

/** The kernel's sessions. Within one boot, session ids are never reused, but host numbers are. */
export class IscsiKernel {
  readonly #base: Base
  readonly #parts: Parts
  readonly #sessions = new Map<number, Session>()
  #lastId = 0

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
  }
  all(): Session[] {
    return [...this.#sessions.values()]
  }
  byId(id: number): Session | undefined {
    return this.#sessions.get(id)
  }
  /** How many sessions there are to this portal of the target, through this iface. */
  count({ iqn, portal, iface }: SessionParameters): number {
    return this.all().filter(
      ({ parameters }) => parameters.iqn === iqn && parameters.iface === iface && keyOf(parameters.portal) === keyOf(portal),
    ).length
  }
  /** Creates a session in state FREE: it is connected, and its login has yet to come. */
  create(parameters: SessionParameters): Session {
    this.#lastId += 1
    const { scsi, targets, network, daemon } = this.#parts
    const host = scsi.addHost('/sys/devices/platform', hostAttributes)
    const session = new Session({ id: this.#lastId, host, scsi, targets, network }, parameters)
    this.#sessions.set(session.id, session)
    scsi.addNexus(session)
    const settled = this.#base.tree.unsettled.begin(connectionDirectory(session), 'coming')
    laySession(this.#base, session, daemon().pid)
    this.#base.after(MAKING_MS, settled)
    return session
  }
  loggedIn(session: Session): void {
    session.givenUp = false
    session.become('LOGGED_IN')
    this.#parts.scsi.setState(session, 'running')
    this.#watchTransport(session)
    this.#awaitRival(session)
  }
  /**
   * The target ends the session when another host logs in with the same initiator name. iscsid logs in again, which ends the session of the
   * other host.
   */
  #awaitRival(session: Session): void {
    const everyMs = this.#parts.targets.rivalOf(session.iqn)
    const seen = session.changes
    if (everyMs === undefined) return
    this.#base.after(everyMs, () => {
      if (session.changes !== seen || !this.#sessions.has(session.id) || this.#parts.targets.rivalOf(session.iqn) === undefined) return
      this.#fail(session)
      this.#watchTransport(session)
    })
  }
  /** Removes the session's disks, then the session. */
  async destroy(session: Session): Promise<void> {
    session.closing = true
    session.notify()
    const settled = this.#base.tree.unsettled.begin(connectionDirectory(session), 'going')
    await this.#parts.scsi.removeNexus(session)
    if (!this.#sessions.delete(session.id)) return
    settled()
    clearSession(this.#base, session)
    this.#parts.scsi.removeHost(session.host)
    session.become('FREE')
  }
  transportChanged(): void {
    for (const session of this.all()) {
      this.#watchTransport(session)
      session.notify()
    }
  }

  /**
   * Fails a session some time after its target stopped answering, and brings it back some time after the target answers again. No uevent
   * announces either.
   */
  #watchTransport(session: Session): void {
    const seen = session.changes
    const unchanged = (): boolean => session.changes === seen && this.#sessions.has(session.id)
    if (session.state === 'LOGGED_IN' && !session.answers()) {
      this.#base.after(this.#noticedAfter(session), () => {
        if (unchanged() && !session.answers()) this.#fail(session)
      })
    } else if (session.state === 'FAILED' && session.answers()) {
      this.#base.after(REOPEN_MS, () => {
        if (unchanged() && session.answers() && this.#parts.daemon().running) this.loggedIn(session)
      })
    }
  }
  #noticedAfter(session: Session): number {
    if (session.target() === undefined) return CLOSED_MS
    return this.#parts.network.reachability(session.peer) === 'refuse' ? RESET_MS : NOOP_MS
  }
  #fail(session: Session): void {
    session.become('FAILED')
    this.#parts.scsi.setState(session, 'blocked')
    const seen = session.changes
    if (session.recoveryTmo < 0) return
    this.#base.after(session.recoveryTmo * 1000, () => {
      if (session.changes !== seen) return
      this.#parts.scsi.setState(session, 'transport-offline')
      session.givenUp = true
      session.notify()
    })
  }
}
