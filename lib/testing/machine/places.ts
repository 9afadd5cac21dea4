import { defaultHelperLimits, HelperPlaces, type HelperSubject } from '../../core/helper-places.js'
import { type Lane, laneLimits, PARKED_LIMIT, polledLanes } from '../../core/lanes.js'
import type { Base } from './base.js'

/** The place that a call needs: in a lane of the addon (calls with the same key run one after another), or in a helper process. */
export type Need = { readonly lane: Lane; readonly key: string | undefined } | { readonly helper: HelperSubject }

/** A call that waits for a place, takes it, and leaves it. */
export interface Stay {
  /** Resolves when the call may begin; rejects when it is refused. */
  readonly begun: Promise<void>
  /** The caller has gone. Returns `false` when the call had not begun: then it never will. */
  abandon(): boolean
  /** The machine has answered. `keeps`: the call holds a device from now on, until {@link Places.release}. */
  end(keeps: boolean): void
}

interface Waiter {
  readonly start: () => void
  readonly refuse: (error: Error) => void
}

/**
 * The places of one process, as many as the real pools have. A waiting call waits for the calls before it, and a sick device keeps its
 * places.
 */
export class Places {
  readonly #base: Base
  readonly #lanes = new Map<Lane, LanePlaces>()
  readonly #helpers = new HelperPlaces<HelperSubject>(defaultHelperLimits)
  #queue: { readonly subject: HelperSubject; readonly waiter: Waiter }[] = []

  constructor(base: Base) {
    this.#base = base
  }
  stay(need: Need): Stay {
    return 'helper' in need ? this.#helperStay({ ...need.helper }) : this.#lane(need.lane).stay(need.key)
  }
  /** A device is no longer held. */
  release(): void {
    this.#helpers.release()
    this.#dispatch()
  }
  /** How many calls had to wait for a place: by lane, and for a helper process. */
  waited(): Readonly<Record<string, number>> {
    return { ...Object.fromEntries([...this.#lanes].map(([lane, { waited }]) => [lane, waited])), helpers: this.#helpers.counts().waited }
  }

  #lane(lane: Lane): LanePlaces {
    const known = this.#lanes.get(lane) ?? new LanePlaces(laneLimits[lane], polledLanes.has(lane))
    this.#lanes.set(lane, known)
    return known
  }
  #helperStay(subject: HelperSubject): Stay {
    const places = this.#helpers
    let running = false
    const begun = new Promise<void>((resolve, reject) => {
      const start = (): void => {
        running = true
        this.#base.timeline.after(defaultHelperLimits.slowMs, () => {
          places.slow(subject)
          this.#dispatch()
        })
        resolve()
      }
      this.#queue.push({ subject, waiter: { start, refuse: reject } })
    })
    this.#dispatch()
    return {
      begun,
      abandon: () => {
        this.#queue = this.#queue.filter((each) => each.subject !== subject)
        places.abandon(subject)
        this.#dispatch()
        return running
      },
      end: (keeps) => {
        places.end(subject, keeps)
        this.#dispatch()
      },
    }
  }
  #dispatch(): void {
    for (const each of this.#queue.splice(0)) {
      const refusal = this.#helpers.refusal(each.subject)
      if (refusal !== undefined) each.waiter.refuse(refusal)
      else if (this.#helpers.begin(each.subject)) each.waiter.start()
      else this.#queue.push(each)
    }
  }
}

/** One lane, as in native/core/thread_pool.cc and poller.cc. */
class LanePlaces {
  readonly #limit: number
  readonly #polled: boolean
  readonly #keys = new Map<string, (() => void)[]>()
  #ready: (() => void)[] = []
  #running = 0
  #parked = 0
  waited = 0

  constructor(limit: number, polled: boolean) {
    this.#limit = limit
    this.#polled = polled
  }
  stay(key: string | undefined): Stay {
    let state: 'waits' | 'runs' | 'parked' | 'gone' = 'waits'
    let start: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      start = () => {
        this.#running += 1
        state = 'runs'
        resolve()
      }
    })
    const behind = key === undefined ? undefined : this.#keys.get(key)
    if (behind !== undefined) behind.push(start)
    else {
      if (key !== undefined) this.#keys.set(key, [])
      this.#makeReady(start)
    }
    const leave = (): void => {
      if (state === 'runs') this.#running -= 1
      else if (state === 'parked') this.#parked -= 1
      state = 'gone'
      if (key !== undefined) this.#nextOf(key)
      this.#startReady()
    }
    return {
      begun,
      abandon: () => {
        if (state === 'waits') this.#drop(start, key)
        else if (state === 'runs' && this.#polled) leave()
        else if (state === 'runs' && this.#parked < PARKED_LIMIT) {
          state = 'parked'
          this.#running -= 1
          this.#parked += 1
          this.#startReady()
        }
        return state !== 'waits'
      },
      end: () => {
        if (state !== 'gone') leave()
      },
    }
  }

  #makeReady(start: () => void): void {
    if (this.#ready.length + this.#running >= this.#limit) this.waited += 1
    this.#ready.push(start)
    this.#startReady()
  }
  #startReady(): void {
    while (this.#running < this.#limit) {
      const start = this.#ready.shift()
      if (start === undefined) return
      start()
    }
  }
  /** Frees the key: the next call that waits for it may begin. */
  #nextOf(key: string): void {
    const next = this.#keys.get(key)?.shift()
    if (next === undefined) this.#keys.delete(key)
    else this.#makeReady(next)
  }
  #drop(start: () => void, key: string | undefined): void {
    const place = this.#ready.indexOf(start)
    if (place >= 0) {
      this.#ready.splice(place, 1)
      if (key !== undefined) this.#nextOf(key)
      return
    }
    const behind = key === undefined ? undefined : this.#keys.get(key)
    if (behind !== undefined) behind.splice(behind.indexOf(start), 1)
  }
}
