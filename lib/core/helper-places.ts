/**
 * Decides which calls get a helper process and which wait. Calls to devices that don't answer keep their places, and leave the places of
 * other devices free. The real host and the fake one share these rules.
 */
import { BrickworkError } from './errors.js'

export interface HelperLimits {
  /** Calls that run at the same time and return quickly. */
  readonly processes: number
  /** A call that runs longer than this, in milliseconds, moves to a place aside. */
  readonly slowMs: number
  /** Places aside, for slow calls and for calls without a caller. If none is free, the call keeps its first place. */
  readonly aside: number
  /** Calls to one SCSI host that run at the same time. Further calls to that host wait. */
  readonly host: number
  /** Calls to one SCSI host that the kernel has not finished after their callers gave up. At this number further calls are refused. */
  readonly stuck: number
  /** Devices that are held open. Each holds a place of its own. */
  readonly holding: number
}
export const defaultHelperLimits: HelperLimits = { processes: 16, slowMs: 50, aside: 256, host: 16, stuck: 8, holding: 256 }

/** The subject of a call. */
export interface HelperSubject {
  /** Calls with the same key run one after another. The key usually is a device. */
  readonly key: string
  /** The group that is likely to fail together: the SCSI host (`host4`), or the device if it has none. */
  readonly host: string
  /** Whether the call may keep its helper to hold a device open. */
  readonly holds: boolean
}

export interface HelperCounts {
  /** Calls that the kernel has not answered. */
  readonly busy: number
  /** Those of them in a place aside. */
  readonly aside: number
  /** Those of them without a caller. */
  readonly stuck: number
  readonly holding: number
  /** Calls since the start that found no free place. Excludes calls that only waited for their own device or SCSI host. */
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
  /** The error for a call to a host with too many stuck calls; `undefined` if the host has few. */
  refusal({ key, host }: T): BrickworkError | undefined {
    const stuck = this.#stuckOfHost.get(host) ?? 0
    if (stuck < this.#limits.stuck) return undefined
    return new BrickworkError(
      'ERR_STUCK_IN_KERNEL',
      `The kernel has not answered ${stuck} earlier calls to devices of ${host}: the call to ${key} is refused until it does`,
      { details: { device: key, host, stuck } },
    )
  }
  /** Starts the call if a place is free. @returns whether it was started. */
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
  /** The call is slow: moves it to a place aside. */
  slow(job: T): void {
    const stay = this.#stays.get(job)
    if (stay === undefined || stay.aside || this.#aside >= this.#limits.aside) return
    stay.aside = true
    this.#aside += 1
  }
  /** The caller has given up. */
  abandon(job: T): void {
    const stay = this.#stays.get(job)
    if (stay === undefined || stay.stuck) return
    stay.stuck = true
    this.#stuck += 1
    add(this.#stuckOfHost, job.host, 1)
    this.slow(job)
  }
  /** The kernel has answered. `keeps`: the call holds a device open until {@link HelperPlaces.release}. */
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

/** `host4` for the sysfs path of the host or of one of its devices (`4:0:0:1`). */
export function scsiHostIn(path: string): string | undefined {
  const found = [...path.matchAll(/(?<=^|\/)(?:host(\d+)|(\d+):\d+:\d+:\d+)(?=\/|$)/g)].at(-1)
  return found === undefined ? undefined : `host${found[1] ?? found[2] ?? ''}`
}

function add(counts: Map<string, number>, name: string, more: number): void {
  const count = (counts.get(name) ?? 0) + more
  if (count === 0) counts.delete(name)
  else counts.set(name, count)
}
