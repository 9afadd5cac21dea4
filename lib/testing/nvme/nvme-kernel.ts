import type { BlockDevices } from '../block/block-devices.js'
import { LowestFree } from '../block/numbers.js'
import { kernelError } from '../errno.js'
import type { Base } from '../machine/base.js'
import type { Users } from '../machine/users.js'
import { type Network, portalText } from '../storage/network.js'
import { Controller } from './controller.js'
import { NvmeHosts } from './hosts.js'
import { Namespaces } from './namespaces.js'
import { clearController, clearSubsystem, eventProperties, layController, layNvmeBoot, laySubsystem } from './nvme-sysfs.js'
import { openConnection } from './opening.js'
import { parseOptions } from './options.js'
import { Reconnects } from './reconnects.js'
import { type ControllerState, Subsystem } from './subsystem.js'
import type { NvmeTargets } from './targets.js'

/** How long the kernel waits for a controller to shut down (drivers/nvme/host/core.c, shutdown_timeout). */
const SHUTDOWN_MS = 5_000
const EVENT_MS = 1

interface Parts {
  readonly targets: NvmeTargets
  readonly network: Network
  readonly blocks: BlockDevices
  readonly users: Users
}

/** The kernel's NVMe over Fabrics: controllers, subsystems, and the connects that make them. */
export class NvmeKernel {
  readonly #base: Base
  readonly #parts: Parts
  readonly #namespaces: Namespaces
  readonly #controllers = new Map<number, Controller>()
  readonly #subsystems = new Map<string, Subsystem>()
  readonly #numbers = new LowestFree()
  readonly #hosts: NvmeHosts
  readonly #reconnects: Reconnects
  readonly #cntlids = new Map<string, number>()
  #waiting: (() => void)[] = []
  /** The end of the connect that is in progress: the kernel has one mutex for all. */
  #mutex: Promise<unknown> = Promise.resolve()
  /** The option strings of all connects that were begun, in their order. */
  readonly written: string[] = []

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
    this.#hosts = new NvmeHosts(base.settings.nvme === '6.1')
    this.#reconnects = new Reconnects(base, {
      network: parts.network,
      become: (controller, state) => this.#become(controller, state),
      nextCntlid: (controller) => this.#nextCntlid(controller),
      goLive: (controller) => this.#goLive(controller),
      remove: (controller) => void this.#remove(controller),
    })
    this.#namespaces = new Namespaces(base, {
      blocks: parts.blocks,
      users: parts.users,
      subsystems: () => this.#subsystems.values(),
      change: () => new Promise((resolve) => this.#waiting.push(resolve)),
      changed: () => this.#changed(),
      released: (subsystem) => this.#released(subsystem),
    })
    parts.targets.onEvent(({ nqn, kind }) => {
      base.after(EVENT_MS, () => {
        for (const controller of this.#live(nqn))
          if (!controller.answers()) continue
          else if (kind === 'namespaces') this.#namespaces.queueScan(controller)
          else this.#readAna(controller)
      })
    })
  }
  /** Whether the modules are there. See {@link FakeHostOptions.nvme}. */
  get loaded(): boolean {
    return this.#base.settings.nvme !== 'absent'
  }
  /** @internal */
  start(): void {
    if (this.loaded) layNvmeBoot(this.#base)
  }
  /** All controllers, in the order in which they were made. @internal */
  all(): Controller[] {
    return [...this.#controllers.values()]
  }
  /** The controller behind this character device. @internal */
  behind(device: string): Controller | undefined {
    const node = this.#base.tree.find(device)?.node
    const instance = node?.kind === 'device' ? /^240:([0-9]+)$/.exec(node.device)?.[1] : undefined
    return instance === undefined ? undefined : this.#controllers.get(Number(instance))
  }
  /** Why namespaces were left out, as in the kernel's log. */
  get log(): readonly string[] {
    return this.#namespaces.log
  }
  /** A write of this text to `/dev/nvme-fabrics`. Returns the controller, or the error of the write. @internal */
  async connect(text: string): Promise<Controller | string> {
    const before = this.#mutex
    let end: () => void = () => undefined
    this.#mutex = new Promise<void>((resolve) => (end = resolve))
    await before
    this.written.push(text)
    try {
      return await this.#connect(text)
    } finally {
      end()
    }
  }
  async #connect(text: string): Promise<Controller | string> {
    const options = parseOptions(text)
    if (typeof options === 'string') return options
    const host = this.#hosts.of(
      options,
      this.all().map((each) => each.host),
    )
    if (host === undefined) return 'EINVAL'
    if (!options.duplicate && this.all().some((each) => each.matches(options, host))) return 'EALREADY'
    const controller = new Controller(this.#numbers.take(), options, host, this.#parts)
    this.#controllers.set(controller.instance, controller)
    layController(this.#base, controller, {
      delete: () => this.delete(controller),
      rescan: () => {
        this.#namespaces.queueScan(controller)
        return Promise.resolve()
      },
    })
    this.#event('add', controller)
    this.#become(controller, 'connecting')
    const errno = await this.#open(controller)
    if (errno !== undefined) {
      this.#clear(controller)
      return errno
    }
    controller.started = true
    this.#goLive(controller)
    return controller
  }
  /** Connects up to the last queue. Returns the error of the write, if any. */
  async #open(controller: Controller): Promise<string | undefined> {
    const { options, host } = controller
    const target = await openConnection(this.#base, this.#parts, options)
    if (typeof target === 'string') return target
    if (target.hosts?.includes(host.nqn) === false) return 'EIO'
    const siblings = this.all().filter((each) => each !== controller && each.subsystem?.nqn === options.nqn)
    const cntlid = this.#nextCntlid(controller)
    if ((target.oneController && siblings.length > 0) || siblings.some((each) => each.cntlid === cntlid)) return 'EINVAL'
    controller.cntlid = cntlid
    this.#join(controller, target.oneController)
    return undefined
  }
  #nextCntlid({ options: { nqn, portal } }: Controller): number {
    const fixed = this.#parts.targets.targetAt(nqn, portal)?.cntlids[portalText(portal)]
    if (fixed !== undefined) return fixed
    const next = (this.#cntlids.get(nqn) ?? 0) + 1
    this.#cntlids.set(nqn, next)
    return next
  }
  /** The kernel has identified the controller: it belongs to its subsystem from now on. */
  #join(controller: Controller, oneController: boolean): void {
    const { nqn } = controller.options
    let subsystem = this.#subsystems.get(nqn)
    if (subsystem === undefined) {
      subsystem = new Subsystem(nqn, controller.instance, oneController)
      this.#subsystems.set(nqn, subsystem)
      laySubsystem(this.#base, subsystem)
      this.#base.uevents.kernel('add', subsystem.directory, 'nvme-subsystem')
    }
    controller.subsystem = subsystem
    subsystem.controllers.add(controller)
    this.#base.tree.relativeLink(`${subsystem.directory}/${controller.name}`, controller.directory)
  }
  #goLive(controller: Controller): void {
    controller.attempts = 0
    controller.readAna()
    this.#become(controller, 'live')
    this.#event('change', controller, { NVME_EVENT: 'connected' })
    this.#namespaces.update(controller)
    for (const { head } of controller.paths.values()) if (head.live) this.#parts.blocks.event('change', head.directory, head)
    this.#namespaces.queueScan(controller)
    this.#reconnects.watch(controller)
  }
  #readAna(controller: Controller): void {
    controller.readAna()
    this.#namespaces.update(controller)
  }
  /** A write to `delete_controller`: runs to the end in the writer. @internal */
  async delete(controller: Controller): Promise<void> {
    if (!controller.started) throw kernelError('EBUSY', 'write', `${controller.directory}/delete_controller`)
    if (controller.isEnding) return
    await this.#remove(controller)
  }
  async #remove(controller: Controller): Promise<void> {
    const wasLive = controller.state === 'live'
    this.#become(controller, 'deleting')
    await controller.scanning
    for (const path of [...controller.paths.values()]) this.#namespaces.remove(path)
    this.#become(controller, 'deleting (no IO)')
    await this.#base.wait(wasLive && !controller.answers() ? SHUTDOWN_MS : this.#base.settings.delays.logout)
    this.#clear(controller)
  }
  #clear(controller: Controller): void {
    const { instance, subsystem } = controller
    this.#become(controller, 'dead')
    this.#controllers.delete(instance)
    clearController(this.#base, controller)
    this.#event('remove', controller)
    if (subsystem === undefined) {
      this.#numbers.free(instance)
      return
    }
    this.#base.tree.remove(`${subsystem.directory}/${controller.name}`)
    subsystem.controllers.delete(controller)
    // The number of the first controller names the subsystem, and is not given out while that exists.
    if (subsystem.instance !== instance) this.#numbers.free(instance)
    this.#released(subsystem)
  }
  #released(subsystem: Subsystem): void {
    const isUsed = subsystem.controllers.size > 0 || subsystem.heads.size > 0 || subsystem.openHeads.size > 0
    if (isUsed || this.#subsystems.get(subsystem.nqn) !== subsystem) return
    this.#subsystems.delete(subsystem.nqn)
    clearSubsystem(this.#base, subsystem)
    this.#base.uevents.kernel('remove', subsystem.directory, 'nvme-subsystem')
    this.#numbers.free(subsystem.instance)
  }

  /** The network or a target has changed. @internal */
  transportChanged(): void {
    for (const controller of this.all()) this.#reconnects.watch(controller)
    this.#changed()
  }
  /** Error recovery: the controller reconnects until it gives up. @internal */
  reset(controller: Controller): void {
    this.#reconnects.reset(controller)
  }
  #live(nqn: string): Controller[] {
    return this.all().filter(({ state, options }) => state === 'live' && options.nqn === nqn)
  }
  #become(controller: Controller, state: ControllerState): void {
    controller.state = state
    controller.changes += 1
    this.#changed()
  }
  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
  #event(action: string, controller: Controller, more: Readonly<Record<string, string>> = {}): void {
    this.#base.uevents.kernel(action, controller.directory, 'nvme', { ...eventProperties(controller), ...more })
  }
}
