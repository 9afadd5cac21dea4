import type { DmMap } from '../mapper/dm-map.js'
import { mangled } from '../mapper/mangled-name.js'
import type { BlockDevice } from '../block/block-device.js'
import type { ScsiDisk } from '../scsi/scsi-disk.js'
import { blacklisted } from './config.js'
import { noteOutcome, remember } from './known-files.js'
import type { MultipathParts } from './parts.js'
import { verdict } from './path-state.js'
import { mayMap, nameOf, retriggerUdev } from './rules.js'

/** A disk that multipathd knows, in a map or not. */
export interface KnownPath {
  readonly block: BlockDevice
  readonly disk: ScsiDisk
  readonly wwid: string
  map: KnownMap | undefined
  state: 'up' | 'down'
  /** Closes the path: multipathd has the paths of its maps open. */
  close: (() => void) | undefined
}
export interface KnownMap {
  readonly wwid: string
  readonly map: DmMap
  /** Whether the map was just created: until udev has processed it, its table stays as it is. */
  waitsForUdev: boolean
  /** Whether a change of the table waits for udev. */
  delayed: boolean
  queueingDisabled: boolean
}

const PREFIX = 'mpath-'
/** uev_wait_timeout */
const UDEV_TIMEOUT_MS = 30_000
/** fast_io_fail_tmo as shipped, in seconds. multipathd writes it where the transport of each path keeps it. */
const FAST_IO_FAIL_S = 5

/** multipathd's two lists, paths and maps, and its operations on them. */
export class Vectors {
  readonly #parts: MultipathParts
  readonly #pid: () => number
  #paths: KnownPath[] = []
  readonly #maps = new Map<string, KnownMap>()

  /** @param pid process id of the daemon. */
  constructor(parts: MultipathParts, pid: () => number) {
    this.#parts = parts
    this.#pid = pid
  }
  get paths(): readonly KnownPath[] {
    return this.#paths
  }
  get maps(): KnownMap[] {
    return [...this.#maps.values()]
  }
  path(name: string): KnownPath | undefined {
    return this.#paths.find(({ block }) => block.name === name)
  }
  /** A map by its name or as `dm-0`. */
  map(name: string): KnownMap | undefined {
    return this.maps.find(({ map, wwid }) => nameOf(this.#parts, wwid) === name || map.block.name === name)
  }

  addPath(block: BlockDevice, disk: ScsiDisk, wwid: string): 'added' | 'blacklisted' {
    if (blacklisted(this.#parts.tools.config, block.name, wwid)) return 'blacklisted'
    const state = verdict({ block, disk }) === 'down' ? 'down' : 'up'
    this.#paths.push({ block, disk, wwid, map: undefined, state, close: undefined })
    return 'added'
  }
  /** Removes a path. Its map is removed with the last path, if no one has the map open. */
  removePath(path: KnownPath): 'done' | 'delayed' {
    this.#paths = this.#paths.filter((each) => each !== path)
    const { map } = path
    detach(path)
    if (map !== undefined) this.refresh(map)
    return map?.waitsForUdev === true ? 'delayed' : 'done'
  }
  /**
   * Creates a map of all paths with this wwid, if the configuration allows it or the caller insists. Returns `false` when the map cannot be
   * created or changed.
   */
  assemble(wwid: string, insists: boolean): boolean {
    const there = this.#parts.mapper.byUuid(`${PREFIX}${wwid}`)
    const known = this.#maps.get(wwid) ?? (there === undefined ? undefined : this.takeOver(there))
    if (known !== undefined) return this.refresh(known)
    const paths = this.#paths.filter((path) => path.wwid === wwid)
    if (paths.length === 0) return false
    return insists || mayMap(this.#parts, wwid, paths.length) ? this.#create(wwid, paths) : true
  }
  /** Takes over a map of the kernel, with the paths that it has there. */
  takeOver(map: DmMap): KnownMap {
    const wwid = map.uuid.slice(PREFIX.length)
    const before = this.#maps.get(wwid)
    const known = before ?? { wwid, map, waitsForUdev: false, delayed: false, queueingDisabled: false }
    this.#maps.set(wwid, known)
    if (before === undefined) this.setQueueing(known, 'as configured')
    for (const { block } of map.paths) {
      const disk = this.#parts.scsi.diskBehind(block)
      if (disk !== undefined && block.live && !this.#paths.some((path) => path.block === block)) this.addPath(block, disk, wwid)
    }
    this.#attach(known)
    return known
  }
  /** Loads a table with the present paths, unless the map has that table. */
  refresh(known: KnownMap, sectors = known.map.table.sectors): boolean {
    const { map, wwid } = known
    const fitting = this.#paths.filter((path) => path.wwid === wwid && this.#fits(path, known, sectors))
    const same = fitting.length === map.paths.length && map.paths.every(({ block }, index) => fitting[index]?.block === block)
    if (same && sectors === map.table.sectors) return true
    if (fitting.length === 0 && this.flush(known)) return true
    if (known.waitsForUdev && map.activePaths > 0) {
      known.delayed = true
      return true
    }
    const table = { paths: fitting.map(({ block }) => block), sectors, queueing: this.#queues(known) }
    if (this.#parts.mapper.reload(map, table) !== 'done') return false
    this.#attach(known)
    return true
  }
  /** Removes the map. Its paths stay known, and outside any map until they are announced again. */
  flush({ map }: Pick<KnownMap, 'map'>): boolean {
    const { mapper } = this.#parts
    return mapper.removePartitionMaps(map) === 'removed' && mapper.remove(map) === 'removed'
  }
  mapGone(map: DmMap): void {
    const known = this.maps.find((each) => each.map === map)
    if (known === undefined) return
    this.#maps.delete(known.wwid)
    for (const path of this.#paths) if (path.map === known) detach(path)
  }
  /** udev has processed the map. The daemon loads its own table into a map that another program created. */
  mapSeen(map: DmMap): void {
    const foreign = !this.#maps.has(map.uuid.slice(PREFIX.length))
    const known = this.takeOver(map)
    known.waitsForUdev = false
    if (foreign || known.delayed) this.refresh(known)
    known.delayed = false
  }
  setQueueing(known: KnownMap, how: 'disabled' | 'as configured'): void {
    known.queueingDisabled = how === 'disabled'
    if (how === 'disabled' || this.#queues(known)) known.map.queueing = this.#queues(known)
  }
  /** The daemon ends: closes the paths that it has open. */
  clear(): void {
    for (const path of this.#paths) path.close?.()
    this.#paths = []
    this.#maps.clear()
  }

  #create(wwid: string, paths: readonly KnownPath[]): boolean {
    const { base, tools, mapper } = this.#parts
    const sectors = paths[0]?.block.sectors() ?? 0
    const blocks = paths.map(({ block }) => block).filter((block) => block.sectors() === sectors)
    const queueing = tools.config.noPathRetry === 'queue'
    const created = mapper.create(mangled(nameOf(this.#parts, wwid)), `${PREFIX}${wwid}`, { paths: blocks, sectors, queueing })
    noteOutcome(base, wwid, typeof created === 'string' ? 'failed' : 'created')
    if (typeof created === 'string') return false
    const known = this.takeOver(created)
    known.waitsForUdev = true
    base.after(UDEV_TIMEOUT_MS, () => {
      if (known.waitsForUdev && this.#maps.get(wwid) === known) this.mapSeen(created)
    })
    if (remember(base, wwid)) for (const block of blocks) retriggerUdev(this.#parts, block)
    return true
  }
  #fits({ block }: KnownPath, { map }: KnownMap, sectors: number): boolean {
    if (map.pathTo(block) !== undefined) return true
    return block.live && block.sectors() === sectors && !this.#parts.users.exclusive(block)
  }
  #queues({ queueingDisabled }: KnownMap): boolean {
    return this.#parts.tools.config.noPathRetry === 'queue' && !queueingDisabled
  }
  /** Every loaded table begins with all paths in use. Those that the checker knows to be down are failed again. */
  #attach(known: KnownMap): void {
    for (const path of this.#paths) {
      const inTable = known.map.pathTo(path.block)
      if (inTable === undefined && path.map === known) detach(path)
      if (inTable === undefined) continue
      path.map = known
      path.close ??= this.#parts.users.openBy(this.#pid(), path.block)
      if (path.state === 'down') known.map.fail(inTable)
      const { nexus } = path.disk
      if (nexus.ready()) nexus.setFastIoFail?.(FAST_IO_FAIL_S)
    }
  }
}

function detach(path: KnownPath): void {
  path.map = undefined
  path.close?.()
  path.close = undefined
}
