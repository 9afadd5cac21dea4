import type { Base } from '../machine/base.js'
import { verdict } from './path-state.js'
import type { KnownPath } from './vectors.js'

interface Daemon {
  readonly running: boolean
  readonly startedAt: number
  readonly vectors: { readonly paths: readonly KnownPath[] }
}

/** Looks at the paths of maps, once in a polling interval: what has failed is taken out of use, what works again comes back. */
export class Checker {
  readonly #base: Base
  readonly #daemon: Daemon
  #looking = false
  #planned = false

  constructor(base: Base, daemon: Daemon) {
    this.#base = base
    this.#daemon = daemon
  }
  /** Something has changed. Whether that matters is seen when everything that belongs to it has been done. */
  look(): void {
    if (this.#looking || !this.#daemon.running) return
    this.#looking = true
    this.#base.after(0, () => {
      this.#looking = false
      if (this.#due().length > 0) this.#plan()
    })
  }

  #plan(): void {
    if (this.#planned) return
    this.#planned = true
    const interval = this.#base.settings.delays.pathCheck
    const since = this.#base.timeline.now - this.#daemon.startedAt
    this.#base.after(interval - (since % interval), () => {
      this.#planned = false
      for (const path of this.#due()) check(path)
      this.look()
    })
  }
  /** Paths that the checker would find otherwise than they are known. */
  #due(): KnownPath[] {
    if (!this.#daemon.running) return []
    return this.#daemon.vectors.paths.filter((path) => {
      const active = path.map?.map.pathTo(path.block)?.active
      const found = verdict(path)
      if (active === undefined || found === 'pending') return false
      return active !== (found === 'up') || path.state !== found
    })
  }
}

function check(path: KnownPath): void {
  const found = verdict(path)
  const inTable = path.map?.map.pathTo(path.block)
  if (found === 'pending' || inTable === undefined) return
  path.state = found
  if (found === 'up') path.map?.map.reinstate(inTable)
  else path.map?.map.fail(inTable)
}
