import type { Controller } from './controller.js'
import type { Head } from './head.js'
import type { Namespace } from './targets.js'

/** A namespace at one controller, as the kernel has it: with the identifiers and the size that it read last. */
export class Path {
  readonly controller: Controller
  readonly nsid: number
  readonly ids: Ids
  readonly group: number
  readonly head: Head
  sectors: number

  constructor(controller: Controller, nsid: number, namespace: Namespace, head: Head) {
    this.controller = controller
    this.nsid = nsid
    this.ids = idsOf(namespace)
    this.group = namespace.group
    this.head = head
    this.sectors = sectorsOf(namespace)
  }
  /** `nvme0c1n1`: the subsystem's number, the controller's, the head's. */
  get name(): string {
    const { subsystem, instance } = this.head
    return `nvme${subsystem.instance}c${this.controller.instance}n${instance}`
  }
  get directory(): string {
    return `${this.controller.directory}/${this.name}`
  }
  get anaState(): string {
    return this.controller.ana.get(this.group) ?? 'invalid state'
  }
  get isAccessible(): boolean {
    return this.anaState === 'optimized' || this.anaState === 'non-optimized'
  }
  /** Whether the head may send I/O this way (drivers/nvme/host/multipath.c, nvme_path_is_disabled). */
  get isUsable(): boolean {
    return this.controller.state === 'live' && this.isAccessible && this.sectors === this.head.sectorCount
  }
  /** The namespace that an access reaches now: whatever the target has under this number. */
  reached(): Namespace | undefined {
    return this.controller.target()?.namespaces.get(this.nsid)
  }
}

/** What identifies a namespace. */
export interface Ids {
  readonly uuid: string | undefined
  readonly nguid: string | undefined
  readonly eui64: string | undefined
}
export const idsOf = ({ uuid, nguid, eui64 }: Namespace): Ids => ({ uuid, nguid, eui64 })
export const sectorsOf = ({ volume }: Namespace): number => volume.sizeBytes / 512
export function sameIds(a: Ids, b: Ids): boolean {
  return a.uuid === b.uuid && a.nguid === b.nguid && a.eui64 === b.eui64
}
/** drivers/nvme/host/core.c, nvme_subsys_check_duplicate_ids: one equal identifier is enough. */
export function shareId(a: Ids, b: Ids): boolean {
  return (['uuid', 'nguid', 'eui64'] as const).some((name) => a[name] !== undefined && a[name] === b[name])
}
