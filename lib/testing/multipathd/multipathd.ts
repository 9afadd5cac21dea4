import type { Uevent } from '../../core/host.js'
import type { DmMap } from '../mapper/dm-map.js'
import { Checker } from './checker.js'
import { type MultipathConfig, shippedMultipathConfig } from './config.js'
import type { MultipathParts } from './parts.js'
import { mayMap } from './rules.js'
import { Vectors } from './vectors.js'
import type { Settings } from '../settings.js'

const CONFIGURATION = '/etc/multipath.conf'

/** The daemon (multipath-tools 0.9.4). It learns of disks from udev, never from the kernel. Maps outlive it. */
export class Multipathd {
  /** Checks the paths of the maps. @internal */
  readonly checker: Checker
  /** The paths and maps that the daemon knows. @internal */
  readonly vectors: Vectors
  /** The parts of the machine that its commands and udev's rules use. @internal */
  readonly parts: MultipathParts
  #pid: number | undefined
  #container: Settings['multipathdContainer'] = 'none'
  #startedAt = 0
  #queue: Uevent[] = []
  #stopListening: () => void = () => undefined
  #ready: Promise<void> = Promise.resolve()
  /** Whether the daemon has been started and still reads all devices. */
  starting = false
  /** Resolves when the daemon is not paused. */
  #resumed: Promise<void> = Promise.resolve()
  /** Changes with each start: work that an earlier run began is over. */
  #run = 0

  constructor(parts: MultipathParts) {
    this.parts = parts
    this.checker = new Checker(parts.base, this)
    this.vectors = new Vectors(parts, () => this.pid)
  }
  /** Whether the daemon runs. */
  get running(): boolean {
    return this.#pid !== undefined
  }
  /** Its process id; -1 when it does not run. */
  get pid(): number {
    return this.#pid ?? -1
  }
  /** The virtual time of its last start. */
  get startedAt(): number {
    return this.#startedAt
  }
  /** Whether events of udev still wait for the daemon. */
  get busy(): boolean {
    return this.#queue.length > 0
  }
  /** Changes multipath.conf. A running daemon follows it at once. */
  configure(config: Partial<MultipathConfig>): void {
    const { tools } = this.parts
    tools.config = { ...tools.config, ...config }
    if (tools.installed) this.#writeConfiguration()
  }
  /** Writes find_multipaths to multipath.conf if it differs from the default. Writes no other setting. */
  #writeConfiguration(): void {
    const { base, tools } = this.parts
    const { findMultipaths } = tools.config
    if (findMultipaths !== shippedMultipathConfig.findMultipaths)
      base.tree.file(CONFIGURATION, `defaults {\n  find_multipaths ${findMultipaths}\n}\n`)
    else if (base.tree.text(CONFIGURATION)?.startsWith('defaults {\n  find_multipaths') === true) base.tree.remove(CONFIGURATION)
  }
  /**
   * Starts the daemon. It takes over the maps and disks that are there.
   *
   * @param container where it runs; by default where the options of the host say
   */
  start(container = this.parts.base.settings.multipathdContainer): void {
    if (this.running) return
    const { base, tools } = this.parts
    this.#container = container
    tools.installed = true
    this.#writeConfiguration()
    this.#pid = base.processes.start('multipathd', ['/sbin/multipathd', '-d', '-s'])
    this.#startedAt = base.timeline.now
    if (this.#pidFile !== undefined) base.tree.file(this.#pidFile, String(this.#pid))
    base.tree.directory('/etc/multipath')
    this.#stopListening = base.uevents.listen((event) => {
      if (event !== 'overrun' && event.source === 'udev') this.#hear(event)
    })
    const run = this.#run
    this.starting = true
    this.#ready = new Promise((resolve) =>
      base.after(base.delay(base.settings.delays.multipathd), () => {
        if (run === this.#run) {
          this.starting = false
          this.reconfigure()
        }
        resolve()
      }),
    )
  }
  /** Stops the daemon. Maps stay in the kernel. Queueing is switched off, since without a daemon I/O would wait for ever. */
  stop(): void {
    for (const { map } of this.vectors.maps) map.queueing = false
    this.kill()
    if (this.#pidFile !== undefined) this.parts.base.tree.remove(this.#pidFile)
  }
  /** Stops the daemon and starts it again. */
  restart(): void {
    this.stop()
    this.start()
  }
  /** Pauses the daemon, as SIGSTOP does: it answers nothing and does nothing. Returns a function that resumes it. */
  pause(): () => void {
    const before = this.#resumed
    let goOn = (): void => undefined
    const paused = new Promise<void>((resolve) => {
      goOn = resolve
    })
    this.#resumed = before.then(() => paused)
    const { processes } = this.parts.base
    const pid = this.#pid
    if (pid !== undefined) processes.setState(pid, 'multipathd', 'T')
    return () => {
      if (pid !== undefined && pid === this.#pid) processes.setState(pid, 'multipathd', 'S')
      goOn()
      this.checker.schedule()
    }
  }
  /** Kills the daemon, as `kill -9` does: the pid file stays, and so does queueing. */
  kill(): void {
    if (this.#pid === undefined) return
    this.parts.base.processes.end(this.#pid)
    this.#stopListening()
    this.vectors.clear()
    this.#pid = undefined
    this.#run += 1
    this.#queue = []
  }
  /** Whether the daemon answers on its socket. systemd may start it at the connection. @internal */
  connect(): boolean {
    const { base, tools } = this.parts
    if (!this.running && base.settings.multipathdSocketActivated && tools.installed) this.start()
    return this.running
  }
  /** Whether its socket is one that the host's programs reach: not while it runs in a network namespace of its own. */
  get reachable(): boolean {
    return !this.running || this.#container !== 'own network'
  }
  /** Resolves when the daemon works: it has read all devices, and it is not paused. @internal */
  async ready(): Promise<void> {
    await this.#ready
    await this.#resumed
  }
  /** Resolves when the daemon is not paused. While it is, it answers nothing, not even that it is busy. @internal */
  resumed(): Promise<void> {
    return this.#resumed
  }
  /** Reads all devices again, and creates each map that the configuration allows. @internal */
  reconfigure(): void {
    const { blocks, mapper, scsi } = this.parts
    for (const block of blocks.all()) {
      const wwid = this.serial(block.device)
      const disk = scsi.diskBehind(block)
      if (disk !== undefined && block.live && wwid !== undefined && !this.vectors.paths.some((path) => path.block === block))
        this.vectors.addPath(block, disk, wwid)
    }
    for (const map of mapper.all()) {
      // A map that the daemon would not create itself is removed, if no one has it open (coalesce_maps).
      if (!mayMap(this.parts, map.uuid.slice('mpath-'.length), map.paths.length) && this.vectors.flush({ map })) continue
      this.vectors.takeOver(map)
    }
    for (const known of this.vectors.maps) this.vectors.setQueueing(known, 'as configured')
    for (const wwid of new Set(this.vectors.paths.map((path) => path.wwid))) this.vectors.assemble(wwid, false)
    for (const known of this.vectors.maps) this.vectors.refresh(known)
    this.checker.schedule()
  }
  /** device-mapper announces to its listeners at once that a map is gone. @internal */
  mapGone(map: DmMap): void {
    this.vectors.mapGone(map)
  }
  /** The identity of a disk by udev's database. @internal */
  serial(device: string): string | undefined {
    const line = new RegExp(`^E:${this.parts.tools.config.uidAttribute}=(.*)$`, 'm')
    return line.exec(this.parts.base.tree.text(`/run/udev/data/b${device}`) ?? '')?.[1]
  }

  /** `undefined` in a container, which has a /run of its own. */
  get #pidFile(): string | undefined {
    return this.#container === 'none' ? this.parts.base.settings.multipathdPidFile : undefined
  }
  #hear(event: Uevent): void {
    if (event.subsystem !== 'block' || !/^(sd|dm-)/.test(event.properties.get('DEVNAME') ?? '')) return
    const run = this.#run
    this.#queue.push(event)
    if (this.#queue.length > 1) return
    const { base } = this.parts
    base.after(base.delay(base.settings.delays.multipathd), () => {
      void this.ready().then(() => run === this.#run && this.#work())
    })
  }
  /** Events that came together are processed together: disks with one wwid enter their map in one step. */
  #work(): void {
    const wwids = this.#queue.splice(0).map((event) => this.#take(event))
    for (const wwid of new Set(wwids)) if (wwid !== undefined) this.vectors.assemble(wwid, false)
  }
  /** Processes one event. Returns the wwid of a disk that is new. */
  #take({ action, properties }: Uevent): string | undefined {
    const name = properties.get('DEVNAME') ?? ''
    if (name.startsWith('dm-')) {
      const map = this.parts.mapper.byUuid(properties.get('DM_UUID') ?? '')
      if (action === 'change' && map !== undefined) this.vectors.mapSeen(map)
      return undefined
    }
    const known = this.vectors.path(name)
    const block = this.parts.blocks.named(name)
    const wwid = properties.get(this.parts.tools.config.uidAttribute)
    const outdated = known !== undefined && (known.block !== block || (action !== 'remove' && wwid !== undefined && known.wwid !== wwid))
    if (outdated) this.vectors.removePath(known)
    const disk = block && this.parts.scsi.diskBehind(block)
    if (action === 'remove' || block?.live !== true || disk === undefined || wwid === undefined) return undefined
    if ((known !== undefined && !outdated) || (action === 'change' && !outdated)) return undefined
    return this.vectors.addPath(block, disk, wwid) === 'added' ? wwid : undefined
  }
}
