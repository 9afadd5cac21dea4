import { uuid } from '../machine/layout.js'
import type { NvmeHost } from './controller.js'
import type { ConnectOptions } from './options.js'

/** What the kernel gives a connect that names no host. */
const DEFAULT_ID = uuid('the default host')
const DEFAULT_NQN = `nqn.2014-08.org.nvmexpress:uuid:${DEFAULT_ID}`

/** The pairs with which the kernel connects (drivers/nvme/host/fabrics.c, nvmf_host_add). */
export class NvmeHosts {
  /** Up to Linux 6.1, a host is found by its NQN alone, and gets the id of the last connect: the given one, or a random one. */
  readonly #byNqnAlone: boolean
  readonly #known = new Map<string, NvmeHost>()
  #random = 0

  constructor(byNqnAlone: boolean) {
    this.#byNqnAlone = byNqnAlone
  }
  /** The pair of a connect; `undefined` if the kernel refuses it, because it contradicts one that is in use. */
  of({ hostNqn: nqn = DEFAULT_NQN, hostId }: ConnectOptions, used: readonly NvmeHost[]): NvmeHost | undefined {
    if (this.#byNqnAlone) {
      const host = this.#known.get(nqn) ?? { nqn, id: '' }
      this.#random += 1
      host.id = hostId ?? uuid(`a random id ${this.#random}`)
      this.#known.set(nqn, host)
      return host
    }
    const id = hostId ?? DEFAULT_ID
    const other = used.find((host) => host.nqn === nqn || host.id === id)
    return other === undefined || (other.nqn === nqn && other.id === id) ? (other ?? { nqn, id }) : undefined
  }
}
