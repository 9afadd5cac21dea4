/** The kernel's scan work: which namespaces a controller shows, and which heads they have (drivers/nvme/host/core.c, nvme_scan_work). */
import type { BlockDevices } from '../block/block-devices.js'
import { LowestFree } from '../block/numbers.js'
import type { Base } from '../machine/base.js'
import type { Users } from '../machine/users.js'
import type { Controller } from './controller.js'
import { idsOf, sameIds, sectorsOf, shareId } from './ids.js'
import { clearHead, clearPath, layHead, layPath } from './nvme-sysfs.js'
import { Head, Path, type Subsystem } from './subsystem.js'
import type { Namespace } from './targets.js'

export interface NamespaceParts {
  readonly blocks: BlockDevices
  readonly users: Users
  readonly subsystems: () => Iterable<Subsystem>
  /** Resolves at the next change of any path or controller. */
  readonly change: () => Promise<void>
  readonly changed: () => void
  /** A subsystem may have lost what kept it. */
  readonly released: (subsystem: Subsystem) => void
}

export class Namespaces {
  readonly #base: Base
  readonly #parts: NamespaceParts
  readonly #minors = new LowestFree()
  /** Why namespaces were left out, as in the kernel's log. */
  readonly log: string[] = []

  constructor(base: Base, parts: NamespaceParts) {
    this.#base = base
    this.#parts = parts
  }
  /** Queues the scan work of a live controller. Requests during a scan are one further scan. */
  queueScan(controller: Controller): void {
    if (controller.state !== 'live') return
    if (controller.scanning !== undefined) {
      controller.scanAgain = true
      return
    }
    controller.scanning = this.#scan(controller).finally(() => {
      controller.scanning = undefined
    })
  }
  async #scan(controller: Controller): Promise<void> {
    do {
      await this.#base.wait(this.#base.settings.delays.scan)
      if (controller.state === 'live' && controller.answers()) this.#scanOnce(controller)
      await this.#base.wait(0)
    } while (takeRequest(controller))
  }
  #scanOnce(controller: Controller): void {
    const listed = controller.target()?.namespaces ?? new Map<number, Namespace>()
    controller.readAna()
    for (const [nsid, namespace] of [...listed].sort(([a], [b]) => a - b)) {
      const path = controller.paths.get(nsid)
      // A namespace with other identifiers is only removed. The next scan finds the new one.
      if (path === undefined) this.#add(controller, nsid, namespace)
      else if (!sameIds(path.ids, idsOf(namespace))) this.remove(path)
      else this.#resize(path, sectorsOf(namespace))
    }
    for (const path of [...controller.paths.values()]) if (!listed.has(path.nsid)) this.remove(path)
    this.update(controller)
  }
  #add(controller: Controller, nsid: number, namespace: Namespace): void {
    const { subsystem } = controller
    if (subsystem === undefined) return
    const ids = idsOf(namespace)
    const others = [...this.#parts.subsystems()].filter((each) => each !== subsystem)
    if (others.some(({ heads }) => [...heads.values()].some((head) => shareId(head.ids, ids))))
      return void this.log.push(`${controller.name}: ignoring nsid ${nsid} because of duplicate IDs`)
    const known = subsystem.heads.get(nsid)
    if (known !== undefined && !sameIds(known.ids, ids))
      return void this.log.push(`${controller.name}: IDs don't match for shared namespace ${nsid}`)
    if (known === undefined && [...subsystem.heads.values()].some((head) => shareId(head.ids, ids)))
      return void this.log.push(`${controller.name}: duplicate IDs in subsystem for nsid ${nsid}`)
    const head = known ?? this.#newHead(subsystem, nsid, namespace)
    const path = new Path(controller, nsid, namespace, head)
    controller.paths.set(nsid, path)
    head.paths.add(path)
    if (!subsystem.oneController) layPath(this.#base, path)
    this.#resize(path, path.sectors)
  }
  #newHead(subsystem: Subsystem, nsid: number, namespace: Namespace): Head {
    const oneAccess = (): Promise<void> => this.#base.wait(this.#base.settings.delays.scsi)
    const head = new Head(subsystem, subsystem.numbers.take(), nsid, idsOf(namespace), sectorsOf(namespace), {
      minor: this.#minors.take(),
      change: this.#parts.change,
      oneAccess,
    })
    subsystem.heads.set(nsid, head)
    return head
  }
  /** The head takes the size that any path reads. Paths of another size are not used until they are read again. */
  #resize(path: Path, sectors: number): void {
    path.sectors = sectors
    const { head } = path
    if (head.sectorCount === sectors) return
    head.sectorCount = sectors
    if (head.live) this.#parts.blocks.event('change', head.directory, head, { RESIZE: '1' })
  }
  /** The head is added with its first accessible path. */
  update(controller: Controller): void {
    for (const { head, isAccessible } of controller.paths.values()) {
      if (head.added || !isAccessible || controller.state !== 'live') continue
      head.added = true
      void this.#parts.blocks.add(head.directory, head)
      layHead(this.#base, head)
    }
    this.#parts.changed()
  }
  /** Removes a path, and with the last one the head. A head that somebody has open keeps its number. */
  remove(path: Path): void {
    const { controller, head, nsid } = path
    const { subsystem } = head
    const { directory } = head
    controller.paths.delete(nsid)
    head.paths.delete(path)
    if (!subsystem.oneController) clearPath(this.#base, path)
    if (head.paths.size === 0) {
      subsystem.heads.delete(nsid)
      subsystem.openHeads.add(head)
      if (head.added) {
        clearHead(this.#base, head, directory)
        this.#parts.blocks.remove(directory, head)
      }
      this.#parts.users.atLastClose(head, () => {
        subsystem.openHeads.delete(head)
        subsystem.numbers.free(head.instance)
        this.#minors.free(Number(head.character.split(':')[1]))
        this.#parts.released(subsystem)
      })
    }
    this.#parts.changed()
  }
}

/** Whether another scan was requested during this one. */
function takeRequest(controller: Controller): boolean {
  const { scanAgain } = controller
  controller.scanAgain = false
  return scanAgain
}
