/** Other programs on the machine: their logins, records, mounts and open devices, which the library must not touch. */
import type { DmMap, FakeHost } from '../../lib/testing/index.js'
import { markOf } from './attached.js'
import { sessionsOf } from '../world/fake/look.js'
import { disksBelow, logicalVolumesSeen, sessionsBelow } from './look.js'

export interface ForeignLogin {
  readonly iqn: string
  readonly portal: string
  readonly session: number | undefined
  readonly record: string
  readonly recordText: string
  /** `hctl`s of the disks that their login added. */
  readonly disks: readonly string[]
  readonly fromMs: number
}
export interface Using {
  readonly device: string
  readonly mark: string
  readonly how: 'mounted' | 'open'
  readonly sessions: readonly number[]
  end(): void
}

export class People {
  #host: FakeHost
  readonly #recordRoot: string
  #logins: ForeignLogin[] = []
  #using: Using[] = []

  constructor(host: FakeHost, recordRoot: string) {
    this.#host = host.process()
    this.#recordRoot = recordRoot
  }
  get logins(): readonly ForeignLogin[] {
    return this.#logins
  }
  get using(): readonly Using[] {
    return this.#using
  }
  /** All disks that they have added since the start of the machine, by `hctl`. They show the owner of a map whose disks are gone. */
  readonly hadDisks = new Set<string>()
  /** A power loss leaves only the records. Those that were not on the disk yet may be torn. */
  powerLost(host: FakeHost): void {
    this.#host = host.process()
    this.#using = []
    this.hadDisks.clear()
    this.#logins = this.#logins
      .filter(({ record }) => host.text(record) !== undefined)
      .map((login) => ({ ...login, session: undefined, disks: [], recordText: host.text(login.record) ?? '' }))
  }
  /** Creates a record with open-iscsi's defaults, so that a login adds every LUN. With `session`, also logs in. */
  async arrive(iqn: string, portal: string, session: boolean): Promise<void> {
    await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', `${portal},1`, '-o', 'new')
    if (session) await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', portal, '--login')
    await this.#host.clock.advance(500)
    const id = session ? sessionsOf(this.#host, iqn, portal).at(-1) : undefined
    const record = `${this.#recordRoot}/nodes/${iqn}/${portal.replace(':', ',')},1/default`
    const recordText = this.#host.text(record)
    // A lock of another program blocked iscsiadm from the database, so this program gives up.
    if (recordText === undefined) return
    // Makes the record durable: a torn one would be no program's fault and would block every attach.
    this.#host.put(record, recordText, { mode: 0o600 })
    const disks = id === undefined ? [] : disksBelow(this.#host, id).map(({ hctl }) => hctl)
    for (const hctl of disks) this.hadDisks.add(hctl)
    this.#logins.push({
      iqn,
      portal,
      session: id,
      record,
      recordText,
      disks,
      fromMs: this.#host.clock.now(),
    })
  }
  async leave(login: ForeignLogin): Promise<void> {
    this.#logins = this.#logins.filter((each) => each !== login)
    const { iqn, portal, session } = login
    const maps = session === undefined ? [] : this.#mapsOver(session)
    if (session !== undefined) await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', portal, '--logout')
    await this.#host.clock.advance(100)
    // A careful operator removes the maps if no daemon has done so.
    const { mapper } = this.#host
    for (const map of maps)
      if (!map.gone && map.paths.every(({ block }) => !block.live) && mapper.removePartitionMaps(map) === 'removed') mapper.remove(map)
    await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', portal, '-o', 'delete')
    this.#host.take(login.record)
  }
  /** `undefined`: it can't be used, because it does not exist, or is a path of a map. */
  use(device: string, how: 'mounted' | 'open'): Using | undefined {
    const { users } = this.#host
    try {
      const mount = how === 'mounted' ? users.mount(device) : undefined
      const opened = how === 'open' ? users.open(device) : undefined
      const using: Using = {
        device,
        mark: markOf(this.#host, device) ?? 'nothing',
        how,
        sessions: sessionsBelow(this.#host, device),
        end: () => {
          this.#using = this.#using.filter((each) => each !== using)
          mount?.unmount()
          opened?.close()
        },
      }
      this.#using.push(using)
      return using
    } catch {
      return undefined
    }
  }
  /** Uses that they could not keep: their device was removed with a session that Brickwork did not create, or by force. */
  forget(which: (using: Using) => boolean): void {
    for (const using of this.#using.filter(which)) using.end()
  }
  /** The logical volumes that LVM has activated by itself, `over/name`. */
  logicalVolumes(): string[] {
    return logicalVolumesSeen(this.#host).map(({ over, name }) => `${over}/${name}`)
  }
  /** As `vgchange --activate n`: those that nobody has open go. */
  deactivate(): void {
    for (const { uuid } of logicalVolumesSeen(this.#host)) this.#host.mapper.removeByUuid(uuid)
  }
  /** Maps with paths of this session only. */
  #mapsOver(session: number): DmMap[] {
    const disks = new Set(disksBelow(this.#host, session).map(({ name }) => name))
    return this.#host.mapper.all().filter(({ paths }) => paths.every(({ block }) => disks.has(block.name)))
  }
  async #iscsiadm(...words: string[]): Promise<void> {
    const { signal } = new AbortController()
    await this.#host.commands.run(['iscsiadm', ...words], { signal, onAbort: 'leave' })
  }
}
