import type { Base } from '../machine/base.js'
import type { Network } from '../storage/network.js'
import type { Controller } from './controller.js'
import type { ControllerState } from './subsystem.js'

/** A connection that is closed is noticed at once. */
const CLOSED_MS = 10

interface Parts {
  readonly network: Network
  readonly become: (controller: Controller, state: ControllerState) => void
  readonly nextCntlid: (controller: Controller) => number
  readonly goLive: (controller: Controller) => void
  readonly remove: (controller: Controller) => void
}

/** Controllers that lose their portal, and get it back or give it up. No uevent announces a state but `live`. */
export class Reconnects {
  readonly #base: Base
  readonly #parts: Parts

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
  }
  /** Checks a controller after a change of the network or the storage side. A silent portal is noticed by its keep-alive. */
  watch(controller: Controller): void {
    const seen = controller.changes
    if (controller.state !== 'live' || controller.answers()) return
    const { options } = controller
    const isClosed = controller.target() === undefined || this.#parts.network.reachability(options.portal) === 'refuse'
    this.#base.after(isClosed ? CLOSED_MS : options.keepAliveMs * 2, () => {
      if (controller.changes === seen && !controller.answers()) this.reset(controller)
    })
  }
  /** Error recovery: the controller reconnects until it gives up. */
  reset(controller: Controller): void {
    this.#parts.become(controller, 'resetting')
    this.#parts.become(controller, 'connecting')
    this.#tryLater(controller)
  }
  #tryLater(controller: Controller): void {
    const seen = controller.changes
    this.#base.after(controller.options.reconnectDelayMs, () => {
      if (controller.changes === seen) this.#try(controller)
    })
  }
  #try(controller: Controller): void {
    const { options, host } = controller
    controller.attempts += 1
    const isRefused = controller.target()?.hosts?.includes(host.nqn) === false
    if (controller.answers() && !isRefused) {
      controller.cntlid = this.#parts.nextCntlid(controller)
      this.#parts.goLive(controller)
      return
    }
    const isOver = options.maxReconnects >= 0 && controller.attempts >= options.maxReconnects
    // Since 6.12, a refusal that says "do not retry" ends a controller at once.
    const isFinal = controller.answers() && isRefused && this.#base.settings.nvme === '6.12'
    if (isOver || isFinal) this.#parts.remove(controller)
    else this.#tryLater(controller)
  }
}
