import type { Base } from '../machine/base.js'
import { verdict } from './path-state.js'
import type { KnownPath } from './vectors.js'

interface Daemon {
  readonly running: boolean
  readonly startedAt: number
  readonly vectors: { readonly paths: readonly KnownPath[] }
}

/** Checks the paths of maps once in each polling interval: it fails those that are down and reinstates those that work again. */
export class Checker {
  readonly #base: Base
  readonly #daemon: Daemon
  #scheduled = false
  #planned = false

  constructor(base: Base, daemon: Daemon) {
    this.#base = base
    this.#daemon = daemon
  }
  /** Reports a change. After everything else that is due now, the checker decides whether the change matters. */
  schedule(): void {
    if (this.#scheduled || !this.#daemon.running) return
    this.#scheduled = true
    this.#base.after(0, () => {
      this.#scheduled = false
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
      this.schedule()
    })
  }
  /** Paths whose known state differs from what the checker would find. */
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
