import type { Boot } from '../boot.js'
import { keyOf } from '../storage/network.js'
import { clearSession, laySession } from './iscsi-sysfs.js'
import { Session, type SessionParameters } from './session.js'

/** noop_out_interval and noop_out_timeout: how long a session doesn't notice that its target is silent. */
const NOOP_MS = 10_000
/** The next noop meets the reset. */
const RESET_MS = 5_000
const CLOSED_MS = 10
/** How often iscsid tries to come back. */
const REOPEN_MS = 3_000

/** The kernel's sessions. Ids are never given out twice on one boot, host numbers are. */
export class IscsiKernel {
  readonly #boot: Boot
  readonly #sessions = new Map<number, Session>()
  #lastId = 0

  constructor(boot: Boot) {
    this.#boot = boot
  }
  all(): Session[] {
    return [...this.#sessions.values()]
  }
  byId(id: number): Session | undefined {
    return this.#sessions.get(id)
  }
  find({ iqn, portal, iface }: SessionParameters): Session | undefined {
    return this.all().find(
      ({ parameters }) => parameters.iqn === iqn && parameters.iface === iface && keyOf(parameters.portal) === keyOf(portal),
    )
  }
  /** A session in state FREE: its connection stands, its login has yet to come. */
  create(parameters: SessionParameters): Session {
    this.#lastId += 1
    const session = new Session(this.#boot, this.#lastId, this.#boot.scsi.hosts.take(), parameters)
    this.#sessions.set(session.id, session)
    laySession(this.#boot, session, (value) => this.#boot.scsi.writeScan(session, value))
    return session
  }
  loggedIn(session: Session): void {
    session.givenUp = false
    session.become('LOGGED_IN')
    for (const disk of session.disks.values()) if (disk.state !== 'cancel' && disk.state !== 'offline') disk.state = 'running'
    this.#watchTransport(session)
  }
  /** Takes the session's disks away, then the session. */
  async destroy(session: Session): Promise<void> {
    session.closing = true
    session.notify()
    for (const disk of [...session.disks.values()]) await this.#boot.scsi.remove(disk)
    if (!this.#sessions.delete(session.id)) return
    clearSession(this.#boot, session)
    this.#boot.scsi.hosts.free(session.hostNumber)
    session.become('FREE')
  }
  transportChanged(): void {
    for (const session of this.all()) {
      this.#watchTransport(session)
      session.notify()
    }
  }

  /** No uevent tells any of this. */
  #watchTransport(session: Session): void {
    const seen = session.changes
    const unchanged = (): boolean => session.changes === seen && this.#sessions.has(session.id)
    if (session.state === 'LOGGED_IN' && !session.answers()) {
      this.#boot.after(this.#noticedAfter(session), () => {
        if (unchanged() && !session.answers()) this.#fail(session)
      })
    } else if (session.state === 'FAILED' && session.answers()) {
      this.#boot.after(REOPEN_MS, () => {
        if (unchanged() && session.answers() && this.#boot.iscsid.running) this.loggedIn(session)
      })
    }
  }
  #noticedAfter(session: Session): number {
    if (session.target() === undefined) return CLOSED_MS
    return this.#boot.machine.network.reach(session.parameters.portal) === 'refuse' ? RESET_MS : NOOP_MS
  }
  #fail(session: Session): void {
    session.become('FAILED')
    for (const disk of session.disks.values()) if (disk.state === 'running') disk.state = 'blocked'
    const seen = session.changes
    if (session.recoveryTmo < 0) return
    this.#boot.after(session.recoveryTmo * 1000, () => {
      if (session.changes !== seen) return
      for (const disk of session.disks.values()) if (disk.state === 'blocked') disk.state = 'transport-offline'
      session.givenUp = true
      session.notify()
    })
  }
}
