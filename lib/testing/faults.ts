/** A call of the host that a fault can meet. */
export type PortCall =
  | `files.${'read' | 'readBytes' | 'readFiles' | 'list' | 'resolve' | 'readLink' | 'stat' | 'makeDirectory' | 'commit' | 'replace' | 'append' | 'remove' | 'link'}`
  | 'commands.run'
  | `kernel.${'readTree' | 'readChanged' | 'write' | 'scsi' | 'connect' | 'exchange' | 'hold' | 'release' | 'flush' | 'readDirect' | 'openers' | 'deviceMapper' | 'removeMap' | 'createMap' | 'setReadOnly' | 'changeRecord' | 'fabricsOptions' | 'connectFabrics' | 'keepController' | 'discardController' | 'nvmeAdmin' | 'greet'}`
  | 'events.watch'
  | 'events.listen'
  | 'events.next'
  | 'locks.take'
  | 'locks.release'
  | 'locks.seen'
  | 'locks.holders'

/** A fault as a test plants it: which calls meet it, and what it does to them. */
export interface Fault {
  /** The call that meets it. */
  readonly on: PortCall
  /**
   * Texts that must all occur in the subject of the call: a path, the command line joined by spaces, `directory/attribute value` of a
   * write, a device, `address port` of a connect, the name of a lock. Default: any subject.
   */
  readonly matching?: string | readonly string[]
  /** How many calls meet it, one after another; default 1. */
  readonly times?: number
  /** What happens to the call. */
  readonly does: Effect
}
/** What a fault does to a call. */
export type Effect =
  | {
      /** The call fails with this errno (`ENOSPC`) and does nothing. */
      readonly fail: string
    }
  | {
      /** The call isn't carried out, and returns this answer. A `BrickworkError` is thrown instead. */
      readonly answer: unknown
    }
  | {
      /** The call is carried out so many virtual milliseconds later. */
      readonly delayMs: number
    }
  | {
      /** The call waits until {@link Planted.release}, before or after it is carried out. */
      readonly hang: 'before' | 'after'
    }
  | {
      /** The calling process dies before or after the call is carried out. */
      readonly crash: 'before' | 'after'
    }

/** A planted fault. */
export interface Planted {
  /** How many calls have met it. */
  readonly met: number
  /** Resolves when the first call meets it. */
  readonly reached: Promise<void>
  /** Lets hanging calls continue. */
  release(): void
  /** Removes the fault: no further call meets it, hanging calls continue, and `FakeHost.verify()` does not miss it. */
  withdraw(): void
}

class PlantedFault implements Planted {
  readonly fault: Fault
  readonly reached: Promise<void>
  readonly released: Promise<void>
  met = 0
  readonly #withdraw: (fault: PlantedFault) => void
  #noteReached: () => void = () => undefined
  #free: () => void = () => undefined

  constructor(fault: Fault, withdraw: (fault: PlantedFault) => void) {
    this.fault = fault
    this.#withdraw = withdraw
    this.reached = new Promise((resolve) => (this.#noteReached = resolve))
    this.released = new Promise((resolve) => (this.#free = resolve))
  }
  matches(call: PortCall, subject: string): boolean {
    const { on, matching = [], times = 1 } = this.fault
    return on === call && this.met < times && [matching].flat().every((text) => subject.includes(text))
  }
  meet(): void {
    this.met += 1
    this.#noteReached()
  }
  release(): void {
    this.#free()
  }
  withdraw(): void {
    this.#withdraw(this)
    this.#free()
  }
}

/** The faults of a machine: calls meet them in the order in which they were planted. */
export class Faults {
  #planted: PlantedFault[] = []

  /** Plants a fault. `FakeHost.verify()` fails when no call ever meets it. */
  plant(fault: Fault): Planted {
    const planted = new PlantedFault(fault, (gone) => {
      this.#planted = this.#planted.filter((each) => each !== gone)
    })
    this.#planted.push(planted)
    return planted
  }
  /** The fault that this call meets. This uses up one of its times. @internal */
  meet(call: PortCall, subject: string): { readonly does: Effect; readonly released: Promise<void> } | undefined {
    const planted = this.#planted.find((each) => each.matches(call, subject))
    planted?.meet()
    return planted && { does: planted.fault.does, released: planted.released }
  }
  /** The faults that fewer calls met than planned. @internal */
  unused(): string[] {
    return this.#planted.filter(({ met, fault }) => met < (fault.times ?? 1)).map(({ fault }) => JSON.stringify(fault))
  }
}
