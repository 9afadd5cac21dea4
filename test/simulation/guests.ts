/** Other programs' use of volumes and sessions that agents use: their own maps, and disks in sessions of the library. */
import type { DmMap, FakeHost } from '../../lib/testing/index.js'
import type { BlockDevice } from '../../lib/testing/block/block-device.js'
import { markOf } from './attached.js'
import { disksSeen, ourRecords, sessionsSeen, type SessionSeen } from './look.js'
import type { ForeignLogin } from './people.js'

const SCAN_MS = 700

export interface ForeignMap {
  readonly map: DmMap
  readonly login: ForeignLogin
  /** Its paths at creation. Others that show the volume may join it. */
  readonly paths: readonly { readonly block: BlockDevice; readonly hctl: string }[]
  /** The start time of multipathd at that time. A later daemon knows the paths of a map only from what udev has announced so far. */
  readonly daemonSince: number
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
  /** Sessions that have carried a disk of another program. A detach leaves them, and advises to log out of them. */
  #sessions: SessionSeen[] = []
  #traced = 0
  /** How many there have been in total. */
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
  /** Whether a session, or a record, was left to other programs. */
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

  /** A map over a disk of their login, with multipath-tools' names, and a program that has it open. `undefined`: the disk is in use. */
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
    const made = { map, login, paths: map.paths.map(({ block }) => ({ block, hctl })), daemonSince: this.#host.multipathd.startedAt, close }
    this.toldOfMaps()
    this.#maps.push(made)
    this.had.maps += 1
    return made
  }
  /** Before a program logs out, it closes its maps. */
  leave(login: ForeignLogin): void {
    for (const { close } of this.#maps.filter((each) => each.login === login)) close()
    this.#maps = this.#maps.filter((each) => each.login !== login)
  }
  /** Commands since the last call to multipathd or the kernel about one of their maps or its paths. */
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

  /** The kernel finds a disk at this LUN of a session of Brickwork, and another program uses it. `undefined`: there is none. */
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
  /** They close and delete their disks. */
  async releaseDisks(): Promise<void> {
    for (const { hctl, close } of this.#disks.splice(0)) {
      close()
      const write = { directory: `/sys/bus/scsi/devices/${hctl}`, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
      await this.#host.kernel.write(write, new AbortController().signal).catch(() => undefined)
    }
    // Waits for a disk that was never used, or that appeared late.
    await this.#host.clock.advance(SCAN_MS)
  }
  /** Follows the advice of a detach that left a session because of one of their disks: logs out and deletes the record. */
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

/** Returns a function that ends the use. */
function use(host: FakeHost, device: string, how: 'mounted' | 'open'): () => void {
  const { users } = host
  if (how === 'open') {
    const opened = users.open(device)
    return () => opened.close()
  }
  const mount = users.mount(device)
  return () => mount.unmount()
}

/** A file; with `-o new`, a file in a directory with the portal group's tag. */
function isRecordOf({ iqn, portal }: Pick<SessionSeen, 'iqn' | 'portal'>, path: string): boolean {
  const place = `/nodes/${iqn}/${portal.replace(' ', ',')}`
  return path.endsWith(place) || path.includes(`${place},`)
}
