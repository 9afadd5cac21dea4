/** Virtual time. Nothing waits in real time: when everything has come to rest and a call still waits, the time jumps to the next timer. */

import { SpinGuard } from './spin-guard.js'

// Turns of the event loop show when everything has come to rest. The function is taken when this file is loaded, so that a test's own fake
// timers don't stop it.
const { setImmediate: nextTurn } = globalThis
/** So many turns without a new timer or wait are rest. */
const QUIET_TURNS = 2

export interface Timer {
  cancel(): void
}
interface Entry {
  readonly due: number
  readonly act: () => void
}

export class Timeline {
  /** Whether the time jumps by itself. Otherwise only {@link Timeline.advance} moves it. */
  #auto = true
  #now = 0
  #entries: Entry[] = []
  #activity = 0
  #waiters = 0
  #running = false
  readonly #guard: SpinGuard

  constructor(guard = new SpinGuard()) {
    this.#guard = guard
  }
  get now(): number {
    return this.#now
  }
  get auto(): boolean {
    return this.#auto
  }
  set auto(on: boolean) {
    this.#auto = on
    this.#start()
  }

  after(ms: number, act: () => void): Timer {
    const entry = { due: this.#now + Math.max(0, ms), act }
    this.#entries.splice(this.#indexOf(entry.due), 0, entry)
    this.#activity += 1
    this.#start()
    return {
      cancel: () => {
        const place = this.#entries.indexOf(entry)
        if (place >= 0) this.#entries.splice(place, 1)
        this.#activity += 1
      },
    }
  }
  /** A call begins to wait for something that happens on this machine. The time stands still while nothing waits. */
  beginWait(who = () => 'a test'): void {
    this.#guard.wait(who)
    this.#waiters += 1
    this.#activity += 1
    this.#start()
  }
  endWait(): void {
    this.#waiters -= 1
    this.#activity += 1
  }
  /** Advances the time by `ms`, and runs everything that is due within it. */
  async advance(ms: number): Promise<void> {
    if (this.#auto) {
      this.beginWait()
      await new Promise<void>((resolve) => void this.after(ms, resolve))
      this.endWait()
      return
    }
    const until = this.#now + ms
    await this.untilQuiet()
    for (let next = this.#entries[0]; next !== undefined && next.due <= until; next = this.#entries[0]) {
      this.#fire()
      await this.untilQuiet()
    }
    this.#now = until
  }
  /** Resolves when everything that needs no time has happened. */
  async untilQuiet(): Promise<void> {
    for (let quiet = 0, seen = this.#activity; quiet < QUIET_TURNS; ) {
      await new Promise<void>((resolve) => void nextTurn(resolve))
      this.#guard.turn()
      quiet = seen === this.#activity ? quiet + 1 : 0
      seen = this.#activity
    }
  }

  #start(): void {
    if (this.#running || !this.#mayJump()) return
    this.#running = true
    void this.#run()
  }
  async #run(): Promise<void> {
    while (this.#mayJump()) {
      await this.untilQuiet()
      if (this.#mayJump()) this.#fire()
    }
    this.#running = false
  }
  #mayJump(): boolean {
    return this.#auto && this.#waiters > 0 && this.#entries.length > 0
  }
  #fire(): void {
    const entry = this.#entries.shift()
    if (entry === undefined) return
    this.#guard.step()
    this.#now = entry.due
    entry.act()
  }
  /** After all entries that are due at the same moment: first come, first served. */
  #indexOf(due: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.due ?? Infinity) <= due) low = middle + 1
      else high = middle
    }
    return low
  }
}
