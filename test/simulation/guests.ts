/** What other programs have of the volumes and sessions that agents use: maps of their own, and disks in sessions of the library. */
import type { DmMap, FakeHost } from '../../lib/testing/index.js'
import type { BlockDevice } from '../../lib/testing/block/block-device.js'
import { markOf } from './attached.js'
import { disksSeen, ourRecords, sessionsSeen, type SessionSeen } from './look.js'
import type { ForeignLogin } from './people.js'

const SCAN_MS = 700
export const DAEMON = '/run/multipathd.pid'

export interface ForeignMap {
  readonly map: DmMap
  readonly login: ForeignLogin
  /** Its paths when it was made; others that show the volume may join it. */
  readonly paths: readonly { readonly block: BlockDevice; readonly hctl: string }[]
  /** multipathd's number then: one that has been started since knows a map's paths only by what udev has said of them so far. */
  readonly daemon: string | undefined
  readonly close: () => void
}
export interface GuestDisk {
  readonly hctl: string
  readonly device: string
  readonly mark: string
  readonly session: number
  readonly close: () => void
}

export class Guests {
  #host: FakeHost
  readonly #recordRoot: string
  #maps: ForeignMap[] = []
  #disks: GuestDisk[] = []
  /** Sessions that have carried a disk of theirs: a detach leaves them, and says that they are to be logged out of. */
  #sessions: SessionSeen[] = []
  #traced = 0
  /** How many there have been. */
  readonly had = { maps: 0, disks: 0 }

  constructor(host: FakeHost, recordRoot: string) {
    this.#host = host.process()
    this.#recordRoot = recordRoot
  }
  get maps(): readonly ForeignMap[] {
    return this.#maps
  }
  get disks(): readonly GuestDisk[] {
    return this.#disks
  }
  /** Whether a session, or a record, is one that was left to them. */
  hasSession(id: number): boolean {
    return this.#sessions.some((each) => each.id === id)
  }
  hasRecord(path: string): boolean {
    return this.#sessions.some((session) => isRecordOf(session, path))
  }
  hasTarget(iqn: string): boolean {
    return this.#sessions.some((each) => each.iqn === iqn)
  }
  powerLost(host: FakeHost): void {
    this.#host = host.process()
    this.#maps = []
    this.#disks = []
    this.#sessions = this.#sessions.map((each) => ({ ...each, id: -1 }))
  }

  /** A map over a disk that their login has brought in, as multipath-tools name it, and a program that has it open. `undefined`: the disk is taken. */
  map(login: ForeignLogin, hctl: string, queueing: boolean, how: 'mounted' | 'open'): ForeignMap | undefined {
    const { mapper } = this.#host
    const name = disksSeen(this.#host).find((disk) => disk.hctl === hctl)?.name
    const wwid = this.#host.text(`/sys/bus/scsi/devices/${hctl}/wwid`)?.replace(/^naa\./, '')
    const directory = `/sys/class/block/${name ?? ''}`
    const number = this.#host.text(`${directory}/dev`)
    if (name === undefined || number === undefined || wwid === undefined || this.#host.names(`${directory}/holders`).length > 0)
      return undefined
    const uuid = `mpath-3${wwid}`
    if (mapper.byUuid(uuid) !== undefined) return undefined
    const parameters = `${queueing ? '1 queue_if_no_path' : '0'} 0 1 1 service-time 0 1 1 ${number} 1`
    const sectors = Number(this.#host.text(`${directory}/size`))
    if (mapper.createFromTable({ name: `3${wwid}`, uuid, sectors, parameters, readOnly: false }) !== 'created') return undefined
    const map = mapper.byUuid(uuid)
    if (map === undefined) return undefined
    const device = `/dev/${map.block.name}`
    const mounts = how === 'mounted' && map.block.volume()?.content === 'ext4' && map.block.volume()?.partitions.length === 0
    const close = use(this.#host, device, mounts ? 'mounted' : 'open')
    const daemon = this.#host.text(DAEMON)
    const made = { map, login, paths: map.paths.map(({ block }) => ({ block, hctl })), daemon, close }
    this.toldOfMaps()
    this.#maps.push(made)
    this.had.maps += 1
    return made
  }
  /** Who logs out closes his maps before. */
  leave(login: ForeignLogin): void {
    for (const { close } of this.#maps.filter((each) => each.login === login)) close()
    this.#maps = this.#maps.filter((each) => each.login !== login)
  }
  /** Since it was asked last: what somebody said to multipathd or the kernel about a map of theirs or its paths. */
  toldOfMaps(): string[] {
    const since = this.#host.trace.slice(this.#traced)
    this.#traced = this.#host.trace.length
    const uuids = this.#maps.map(({ map }) => map.uuid)
    const names = this.#maps.flatMap(({ map, paths }) => [map.name, map.block.name, ...paths.map(({ block }) => block.name)])
    return since.flatMap(({ call, subject }) => {
      const words = subject.split(' ')
      if (call === 'kernel.exchange') {
        const [, verb = '', ...rest] = words
        const harmless = ['show', 'list'].includes(verb) || !rest.some((word) => names.includes(word.replaceAll('"', '')))
        return harmless ? [] : [subject]
      }
      const changes =
        ['kernel.removeMap', 'kernel.createMap'].includes(call) ||
        (call === 'kernel.deviceMapper' && !/ (status|table|deps)$/.test(subject))
      return changes && uuids.includes(words[0] ?? '') ? [`${call} ${subject}`] : []
    })
  }

  /** The kernel finds a disk at this LUN of a session that is not theirs, and they use it. `undefined`: there is none. */
  async disk(session: SessionSeen, lun: number, how: 'mounted' | 'open'): Promise<GuestDisk | undefined> {
    const number = /\/host([0-9]+)\//.exec(this.#host.real(`/sys/class/iscsi_session/session${session.id}`) ?? '')?.[1]
    if (number === undefined) return undefined
    this.#sessions.push(session)
    const directory = `/sys/class/scsi_host/host${number}`
    const write = { directory, guards: [], attribute: 'scan', value: `0 0 ${lun}`, waits: 'bounded' } as const
    const { signal } = new AbortController()
    await this.#host.kernel.write(write, signal).catch(() => undefined)
    await this.#host.clock.advance(SCAN_MS)
    const hctl = `${number}:0:0:${lun}`
    const name = disksSeen(this.#host).find((disk) => disk.hctl === hctl)?.name
    const device = `/dev/${name ?? ''}`
    if (name === undefined || this.#disks.some((each) => each.hctl === hctl)) return undefined
    if (this.#host.names(`/sys/class/block/${name}/holders`).length > 0) return undefined
    const close = use(this.#host, device, how)
    const made = { hctl, device, mark: markOf(this.#host, device) ?? 'nothing', session: session.id, close }
    this.#disks.push(made)
    this.had.disks += 1
    return made
  }
  /** They close their disks, and delete them. */
  async releaseDisks(): Promise<void> {
    for (const { hctl, close } of this.#disks.splice(0)) {
      close()
      const write = { directory: `/sys/bus/scsi/devices/${hctl}`, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
      await this.#host.kernel.write(write, new AbortController().signal).catch(() => undefined)
    }
    // A disk that nobody could use, or that came late.
    await this.#host.clock.advance(SCAN_MS)
  }
  /** What a detach advises for a session that it left for a disk of theirs, and for its record. */
  async takeAdvice(): Promise<string[]> {
    const there = sessionsSeen(this.#host).filter(({ id }) => this.hasSession(id))
    for (const { id } of there) await this.#run('iscsiadm', '-m', 'session', '-r', String(id), '-u')
    const records = ourRecords(this.#host, this.#recordRoot).filter((path) => this.hasRecord(path))
    for (const { iqn, portal } of this.#sessions)
      if (records.some((path) => isRecordOf({ iqn, portal }, path)))
        await this.#run('iscsiadm', '-m', 'node', '-T', iqn, '-p', portal.replace(' ', ':'), '-o', 'delete')
    this.#sessions = []
    return there.map(({ id, iqn }) => `session ${id} to ${iqn}`)
  }
  async #run(program: string, ...words: string[]): Promise<void> {
    await this.#host.commands.run([program, ...words], { signal: new AbortController().signal, onAbort: 'leave' })
  }
}

/** Answers with how they end it. */
function use(host: FakeHost, device: string, how: 'mounted' | 'open'): () => void {
  const { users } = host
  if (how === 'open') {
    const opened = users.open(device)
    return () => opened.close()
  }
  const mount = users.mount(device)
  return () => mount.unmount()
}

/** A file, or since `-o new` a file in a directory with the portal group's tag. */
function isRecordOf({ iqn, portal }: Pick<SessionSeen, 'iqn' | 'portal'>, path: string): boolean {
  const place = `/nodes/${iqn}/${portal.replace(' ', ',')}`
  return path.endsWith(place) || path.includes(`${place},`)
}
