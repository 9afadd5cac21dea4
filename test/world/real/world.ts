/** The first world of the scenarios: the guest's kernel and daemons. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Attacher, createAttacher, createHost, type Log, type PartialPolicy } from '../../../lib/index.js'
import type {
  AgentProcess,
  Daemon,
  DaemonState,
  DiskState,
  Leftovers,
  MapSeen,
  MultipathdOptions,
  TargetOptions,
  VolumeOptions,
  World,
} from '../world.js'
import { Agents } from './agents.js'
import { attacherInContainer } from './container.js'
import { countedHost } from './counted.js'
import { restoreDaemons, setDaemon } from './daemons.js'
import { commandLines, startGuest } from './guest.js'
import { HostNames } from './host-names.js'
import { Lateness } from './lateness.js'
import { lookAtGuest, sdNames, sessionsOf } from './leftovers.js'
import * as lio from './lio.js'
import { forgetMultipath, isQueueing, mapsSeen, pauseMultipathd, startMultipathd, stopMultipathd, tellMultipathd } from './multipathd.js'
import { OsBrick } from './os-brick.js'
import { type Chap, People } from './people.js'
import { Portals, type PortalState } from './portals.js'
import { Nvmet } from './nvmet.js'
import { reserve } from './reservation.js'
import { StateDisk } from './state-disk.js'
import { exportByNvmet, logicalVolume } from './storage-users.js'
import { tidyHost } from './tidy.js'
import { freeUdev, occupyUdev } from './udev.js'

const STATE = '/var/lib/brickwork'
const RUN = '/run/brickwork'

export class RealWorld implements World {
  readonly kind = 'real'
  readonly stateDir = STATE
  readonly runDir = RUN
  readonly #portals = new Portals()
  readonly nvme = new Nvmet((portal) => this.#portals.addAddress(portal))
  readonly #names = new HostNames()
  readonly #people = new People()
  readonly #agents = new Agents()
  readonly #stateDisk = new StateDisk()
  readonly #lateness = new Lateness()
  readonly #secrets = new Map<string, Chap>()
  readonly #stateDirs = new Set<string>([STATE])
  readonly #log: Log
  #osBrick: OsBrick | undefined

  private constructor(log: Log) {
    this.#log = log
  }
  static async start(log: Log, options: { readonly notesCalls?: boolean } = {}): Promise<RealWorld> {
    await startGuest(options)
    const world = new RealWorld(log)
    await world.#portals.start()
    await world.nvme.start()
    return world
  }

  volume(name: string, options: VolumeOptions = {}): Promise<void> {
    return lio.makeVolume(name, options)
  }
  content(name: string, length: number, from?: number): Promise<Uint8Array> {
    return lio.contentOf(name, length, from)
  }
  resizeVolume(name: string, sizeMb: number): Promise<void> {
    return lio.resizeVolume(name, sizeMb)
  }
  async target(options: TargetOptions): Promise<void> {
    for (const portal of options.portals) await this.#portals.addAddress(portal)
    if (options.chap !== undefined) this.#secrets.set(options.iqn, options.chap)
    await lio.makeTarget(options)
  }
  removeTarget(iqn: string): Promise<void> {
    return lio.removeTarget(iqn)
  }
  discoveryChap(chap: Chap | undefined): Promise<void> {
    return lio.setDiscoveryChap(chap)
  }
  mapLun(iqn: string, lun: number, volume: string): Promise<void> {
    return lio.mapLun(iqn, lun, volume)
  }
  unmapLun(iqn: string, lun: number): Promise<void> {
    return lio.unmapLun(iqn, lun)
  }
  portal(portal: string, state: PortalState): Promise<void> {
    return this.#portals.set(portal, state)
  }
  largePackets(portal: string, state: 'pass' | 'lost'): Promise<void> {
    return this.#portals.setLargePackets(portal, state)
  }
  redirectLogins(portal: string, to: string): Promise<void> {
    return this.#portals.redirect(portal, to)
  }

  hostName(name: string, addresses: readonly string[]): Promise<void> {
    return this.#names.set(name, addresses)
  }

  async attacher({
    owner = 'default',
    stateDir = STATE,
    inContainer = false,
    policy = {},
  }: {
    owner?: string
    stateDir?: string
    inContainer?: boolean
    policy?: PartialPolicy
  } = {}): Promise<Attacher> {
    this.#stateDirs.add(stateDir)
    const options = { owner, stateDir, runDir: RUN, policy }
    return inContainer
      ? await attacherInContainer(options)
      : await createAttacher({ ...options, host: createHost({ log: this.#log }), log: this.#log })
  }
  async counted(): ReturnType<World['counted']> {
    const { host, waits } = countedHost(this.#log)
    return { attacher: await createAttacher({ stateDir: STATE, runDir: RUN, host, log: this.#log }), waits }
  }
  agent({ owner = 'default', stateDir = STATE }: { owner?: string; stateDir?: string } = {}): Promise<AgentProcess> {
    this.#stateDirs.add(stateDir)
    return this.#agents.open({ owner, stateDir, runDir: RUN })
  }
  async sleep(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  now(): number {
    return performance.now()
  }
  lateness(): number {
    return this.#lateness.take()
  }

  foreignLogin(iqn: string, portal: string): Promise<number> {
    return this.#people.logIn(iqn, portal, this.#secrets.get(iqn))
  }
  foreignLogout(iqn: string, portal: string): Promise<void> {
    return this.#people.logOut(iqn, portal)
  }
  foreignScan(iqn: string, portal: string, lun: number): Promise<string> {
    return this.#people.scan(iqn, portal, lun)
  }
  foreignRecord(iqn: string, portal: string): Promise<void> {
    return this.#people.makeRecord(iqn, portal, this.#secrets.get(iqn))
  }
  mount(device: string, options?: { readonly otherNamespace?: boolean }): ReturnType<World['mount']> {
    return this.#people.mount(device, options)
  }
  openRaw(device: string): ReturnType<World['openRaw']> {
    return this.#people.openRaw(device)
  }
  writeLater(device: string, text: string): ReturnType<World['writeLater']> {
    return this.#people.writeLater(device, text)
  }
  write(device: string, text: string): ReturnType<World['write']> {
    return this.#people.write(device, text)
  }
  fsType(device: string): Promise<string> {
    return this.#people.fsType(device)
  }
  read(device: string, length: number): Promise<Uint8Array> {
    return this.#people.read(device, length)
  }
  reserve(iqn: string, portal: string, lun: number): Promise<() => Promise<void>> {
    return reserve(iqn, portal, lun)
  }

  async multipathd(state: 'running' | 'stopped', options?: MultipathdOptions): Promise<void> {
    if (state === 'running') await startMultipathd(options)
    else await stopMultipathd()
  }
  startReading(device: string): ReturnType<World['startReading']> {
    return Promise.resolve({ ended: this.#people.readOnAndOn(device) })
  }
  startDeleting(hctl: string): ReturnType<World['startDeleting']> {
    return Promise.resolve({ ended: this.#people.deleteDisk(hctl) })
  }
  pauseMultipathd(): Promise<() => Promise<void>> {
    return pauseMultipathd()
  }
  async logicalVolume(device: string): ReturnType<World['logicalVolume']> {
    return { end: this.#people.undone(await logicalVolume(device)) }
  }
  async exportByNvmet(path: string): ReturnType<World['exportByNvmet']> {
    return { end: this.#people.undone(await exportByNvmet(path)) }
  }
  suspend(map: string): Promise<() => Promise<void>> {
    return this.#people.suspend(map)
  }
  isQueueing(map: string): Promise<boolean> {
    return isQueueing(map)
  }
  tellMultipathd(command: string): Promise<string> {
    return tellMultipathd(command)
  }
  maps(): Promise<readonly MapSeen[]> {
    return mapsSeen()
  }
  daemon(daemon: Daemon, state: DaemonState): Promise<void> {
    return setDaemon(daemon, state)
  }
  occupyUdev(ms: number): Promise<() => Promise<void>> {
    return occupyUdev(ms)
  }
  stateDisk(stateDir: string, state: DiskState): Promise<void> {
    this.#stateDirs.add(stateDir)
    return this.#stateDisk.set(stateDir, state)
  }
  leftovers(): Promise<Leftovers> {
    return lookAtGuest()
  }
  disks(): Promise<string[]> {
    return sdNames()
  }
  sessions(iqn: string): Promise<number[]> {
    return sessionsOf(iqn)
  }
  async list(directory: string): Promise<string[]> {
    return (await readdir(directory).catch(() => [])).sort()
  }
  async readText(file: string): Promise<string | undefined> {
    return await readFile(file, 'utf8').catch(() => undefined)
  }
  async writeText(file: string, text: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true })
  }
  commandLines(): Promise<string[]> {
    return commandLines()
  }

  async osBrick(): Promise<OsBrick> {
    if (this.#osBrick?.alive !== true) this.#osBrick = await OsBrick.start()
    return this.#osBrick
  }

  /** Throws if the host can't be reset. */
  async reset(): Promise<void> {
    await restoreDaemons()
    await freeUdev()
    await this.#agents.end()
    await this.#people.leave()
    await this.#portals.openAll()
    await this.#names.forget()
    await forgetMultipath()
    await tidyHost()
    await this.nvme.removeAll()
    await lio.setDiscoveryChap(undefined)
    await lio.removeAll()
    await this.#stateDisk.remove()
    for (const directory of [...this.#stateDirs, RUN]) await rm(directory, { recursive: true, force: true })
    this.#secrets.clear()
    this.#stateDirs.clear()
    this.#stateDirs.add(STATE)
    const left = await lookAtGuest()
    if (Object.values(left).some((each: readonly string[]) => each.length > 0))
      throw new Error(`The guest could not be put in order: ${JSON.stringify(left)}`)
  }
}
