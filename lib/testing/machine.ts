import { addLocalDisk } from './block/local-disk.js'
import { Boot } from './boot.js'
import { Faults } from './faults.js'
import { DurableFiles } from './files/durable-files.js'
import { FileTree } from './files/file-tree.js'
import { Unsettled } from './files/unsettled.js'
import { layIscsiDisk } from './iscsi/iscsi-layout.js'
import { Ledger } from './ledger.js'
import { layDisk, layProgram } from './machine/layout.js'
import { FakeProcess } from './machine/process.js'
import type { Model } from './model.js'
import type { MultipathTools } from './multipathd/config.js'
import type { Settings } from './settings.js'
import { Network } from './storage/network.js'
import { Storage } from './storage/storage.js'
import type { Volume } from './storage/volume.js'
import { FakeClock } from './time/fake-clock.js'
import { Random } from './time/random.js'
import { Timeline } from './time/timeline.js'

const MULTIPATH_PROGRAMS = ['multipath', 'multipathd']

/** One machine and the storage around it, with everything that its processes share. */
export class Machine {
  readonly settings: Settings
  readonly timeline = new Timeline()
  readonly ledger = new Ledger()
  readonly faults = new Faults()
  readonly random: Random
  readonly clock = new FakeClock(this.timeline)
  readonly tree: FileTree
  readonly durable: DurableFiles
  readonly network: Network
  readonly storage: Storage
  readonly multipath: MultipathTools
  readonly #processes = new Set<FakeProcess>()
  readonly #localDisks = new Map<string, Volume>()
  readonly #models: Model[] = []
  #boot: Boot

  constructor(settings: Settings) {
    this.settings = settings
    this.random = new Random(settings.seed)
    const unsettled = new Unsettled(new Random(settings.seed), settings.readsMeetChanges)
    this.tree = new FileTree(() => this.clock.wallMs(), unsettled)
    this.durable = new DurableFiles(this.tree, this.random)
    this.network = new Network()
    this.storage = new Storage(this.network)
    this.multipath = { installed: settings.multipathd !== 'absent', config: settings }
    layDisk(this)
    layIscsiDisk(this)
    if (this.multipath.installed) for (const program of MULTIPATH_PROGRAMS) layProgram(this.tree, program)
    this.durable.allWritten()
    this.#boot = new Boot(this, 1)
    this.#boot.start()
    this.storage.onChange(() => this.#boot.storageChanged())
  }
  /** The present boot, with everything that lives until the machine is switched off. */
  get boot(): Boot {
    return this.#boot
  }
  /** Starts a process that uses the ports. */
  startProcess(): FakeProcess {
    const process = new FakeProcess(this.#boot.base)
    this.#processes.add(process)
    process.atDeath(() => this.#processes.delete(process))
    return process
  }
  /** Adds a disk that is there on this boot and on all later ones. */
  addLocalDisk(name: string, volume: Volume): void {
    this.#localDisks.set(name, volume)
    addLocalDisk(this.#boot.blocks, name, volume)
  }
  /** Adds a model, to this boot and to all later ones. */
  extend(model: Model): void {
    this.#models.push(model)
    model(this.#boot)
  }
  /**
   * Switches the machine off and on. Processes, kernel and run directories are gone. Files that were not written durably may be lost or
   * torn.
   */
  reboot(): void {
    for (const process of [...this.#processes]) process.die()
    this.#boot.end()
    for (const directory of ['/sys', '/proc', '/dev', '/run']) this.tree.remove(directory)
    this.durable.powerLoss()
    this.#boot = new Boot(this, this.#boot.number + 1)
    this.#boot.start()
    for (const [name, volume] of this.#localDisks) addLocalDisk(this.#boot.blocks, name, volume)
    for (const model of this.#models) model(this.#boot)
  }
}
