import { LowestFree } from '../block/numbers.js'
import type { Controller } from './controller.js'
import type { Head } from './head.js'

/** The kernel's subsystem: all controllers with one NQN. */
export class Subsystem {
  readonly nqn: string
  /** Number of its first controller, which may be gone. The kernel gives it to no other controller as long as the subsystem exists. */
  readonly instance: number
  readonly oneController: boolean
  readonly controllers = new Set<Controller>()
  /** Heads that a scan can find, by number of the namespace. */
  readonly heads = new Map<number, Head>()
  /** Heads without a path that somebody still has open. They keep the subsystem. */
  readonly openHeads = new Set<Head>()
  readonly numbers = new LowestFree()
  ioPolicy = 'numa'

  constructor(nqn: string, instance: number, oneController: boolean) {
    this.nqn = nqn
    this.instance = instance
    this.oneController = oneController
    this.numbers.reserve(0)
  }
  get name(): string {
    return `nvme-subsys${this.instance}`
  }
  get directory(): string {
    return `/sys/devices/virtual/nvme-subsystem/${this.name}`
  }
}
