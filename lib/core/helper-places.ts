/**
 * Who may have a helper process, and who waits for one: devices that don't answer keep theirs, and the places of others stay free. The same
 * rule for the real machine and the fake one.
 */
import { BrickworkError } from './errors.js'

export interface HelperLimits {
  /** Calls that are under way and answered quickly, as most are. */
  readonly processes: number
  /** A call that takes longer has a place aside from these. */
  readonly slowMs: number
  /** Places aside, for slow calls and for those whose callers have gone; without one a call keeps its place. */
  readonly aside: number
  /** Calls of one SCSI host at once; the others of that host wait. */
  readonly host: number
  /** Calls of one SCSI host that the kernel keeps after their callers have gone: with so many, further ones are refused. */
  readonly stuck: number
  /** Devices that are kept open, in places of their own. */
  readonly holding: number
}
export const defaultHelperLimits: HelperLimits = { processes: 16, slowMs: 50, aside: 256, host: 16, stuck: 8, holding: 256 }

/** What a call is about. */
export interface HelperSubject {
  /** Calls with one key, a device as a rule, run one after another. */
  readonly key: string
  /** What is likely to be sick together: the SCSI host (`host4`), or the device when it has none. */
  readonly host: string
  /** Whether it may keep its helper. */
  readonly holds: boolean
}

export interface HelperCounts {
  /** With a call that the kernel has not answered. */
  readonly busy: number
  /** Of these, with a place aside. */
  readonly aside: number
  /** Of these, with a caller that has gone. */
  readonly stuck: number
  readonly holding: number
  /** Of all calls that ever came: those that found no place. One that waits for its own device or SCSI host is none of them. */
  readonly waited: number
}

interface Stay {
  aside: boolean
  stuck: boolean
}

export class HelperPlaces<T extends HelperSubject> {
  readonly #limits: HelperLimits
  readonly #stays = new Map<T, Stay>()
  readonly #keys = new Set<string>()
  readonly #ofHost = new Map<string, number>()
  readonly #stuckOfHost = new Map<string, number>()
  readonly #hadToWait = new WeakSet<T>()
  #aside = 0
  #stuck = 0
  #holds = 0
  #waited = 0

  constructor(limits: HelperLimits) {
    this.#limits = limits
  }
  /** What its host's stuck calls say to this one; `undefined` when there are few. */
  refusal({ key, host }: T): BrickworkError | undefined {
    const stuck = this.#stuckOfHost.get(host) ?? 0
    if (stuck < this.#limits.stuck) return undefined
    return new BrickworkError(
      'ERR_STUCK_IN_KERNEL',
      `The kernel does not answer ${stuck} earlier calls to devices of ${host}: ${key} is not asked before it does`,
      { details: { device: key, host, stuck } },
    )
  }
  /** Whether it begins now; then it has a place. */
  begin(job: T): boolean {
    if (this.#keys.has(job.key) || (this.#ofHost.get(job.host) ?? 0) >= this.#limits.host) return false
    const working = this.#stays.size - this.#aside
    if (working >= this.#limits.processes || (job.holds && this.#holds >= this.#limits.holding)) {
      if (!this.#hadToWait.has(job)) this.#waited += 1
      this.#hadToWait.add(job)
      return false
    }
    this.#stays.set(job, { aside: false, stuck: false })
    this.#keys.add(job.key)
    add(this.#ofHost, job.host, 1)
    if (job.holds) this.#holds += 1
    return true
  }
  /** It takes long. */
  slow(job: T): void {
    const stay = this.#stays.get(job)
    if (stay === undefined || stay.aside || this.#aside >= this.#limits.aside) return
    stay.aside = true
    this.#aside += 1
  }
  /** Its caller has gone. */
  abandon(job: T): void {
    const stay = this.#stays.get(job)
    if (stay === undefined || stay.stuck) return
    stay.stuck = true
    this.#stuck += 1
    add(this.#stuckOfHost, job.host, 1)
    this.slow(job)
  }
  /** The kernel has answered. `keeps`: it holds a device from now on, until {@link HelperPlaces.release}. */
  end(job: T, keeps: boolean): void {
    const stay = this.#stays.get(job)
    if (stay === undefined) return
    this.#stays.delete(job)
    this.#keys.delete(job.key)
    add(this.#ofHost, job.host, -1)
    if (stay.aside) this.#aside -= 1
    if (stay.stuck) {
      this.#stuck -= 1
      add(this.#stuckOfHost, job.host, -1)
    }
    if (job.holds && !keeps) this.#holds -= 1
  }
  release(): void {
    this.#holds -= 1
  }
  counts(): HelperCounts {
    const holding = this.#holds - [...this.#stays.keys()].filter(({ holds }) => holds).length
    return { busy: this.#stays.size, aside: this.#aside, stuck: this.#stuck, holding, waited: this.#waited }
  }
}

/** `host4` of a path of sysfs that leads to it or to one of its devices (`4:0:0:1`). */
export function scsiHostIn(path: string): string | undefined {
  const found = [...path.matchAll(/(?<=^|\/)(?:host(\d+)|(\d+):\d+:\d+:\d+)(?=\/|$)/g)].at(-1)
  return found === undefined ? undefined : `host${found[1] ?? found[2] ?? ''}`
}

function add(counts: Map<string, number>, name: string, more: number): void {
  const count = (counts.get(name) ?? 0) + more
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}
