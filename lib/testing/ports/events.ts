import type { Events, UeventBatch, Uevent, Watch } from '../../core/host.js'
import { diskKeys } from '../../core/uevents.js'
import type { FakeProcess } from '../machine/process.js'
import { addonMissing } from './addon-missing.js'

/** The Events port: kernel events at once, udev's copies when its rules have run. */
export class FakeEvents implements Events {
  readonly #process: FakeProcess

  constructor(process: FakeProcess) {
    this.#process = process
  }
  watch(keys: readonly string[]): Promise<Watch> {
    return this.#process.call('events.watch', keys.join(' '), undefined, () => {
      if (!this.#process.base.settings.addon) throw addonMissing()
      return new FakeWatch(this.#process, keys)
    })
  }
  listen(onBatch: (batch: UeventBatch) => void): Promise<Disposable> {
    return this.#process.call('events.listen', '', undefined, () => {
      if (!this.#process.base.settings.addon) throw addonMissing()
      const unlisten = this.#process.base.uevents.listen((event) =>
        onBatch(event === 'overrun' ? { events: [], missed: true } : { events: [event], missed: false }),
      )
      const unregister = this.#process.atDeath(unlisten)
      return {
        [Symbol.dispose]: () => {
          unlisten()
          unregister()
        },
      }
    })
  }
}

/** The names in the path of the event that was delivered last: every watch needs them. */
let last: { readonly event: Uevent; readonly names: readonly string[] } | undefined
function namesIn(event: Uevent): readonly string[] {
  if (last?.event !== event) last = { event, names: event.devpath.split('/') }
  return last.names
}

type IsNews = (event: Uevent) => boolean

class FakeWatch implements Watch {
  readonly #process: FakeProcess
  readonly #keys: Set<string>
  readonly #unlisten: () => void
  /** Kernel events of block devices that udev has yet to answer, by name. */
  readonly #pending = new Map<string, Set<number>>()
  #waiting: { readonly resolve: () => void; readonly signal: AbortSignal; readonly isNews?: IsNews | undefined }[] = []
  #woken = false
  /** The event that woke it, for the trace. */
  #why = ''

  constructor(process: FakeProcess, keys: readonly string[]) {
    this.#process = process
    this.#keys = new Set(keys)
    const unlisten = process.base.uevents.listen((event) => this.#see(event))
    const unregister = process.atDeath(unlisten)
    this.#unlisten = () => {
      unlisten()
      unregister()
    }
  }
  add(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key)
  }
  next(signal: AbortSignal, isNews?: IsNews): Promise<void> {
    const wait = async (): Promise<void> => {
      if (!this.#woken) await new Promise<void>((resolve) => void this.#waiting.push({ resolve, signal, isNews }))
      this.#woken = false
      const { ledger, timeline } = this.#process.base
      ledger.trace.push({ atMs: timeline.now, pid: this.#process.pid, call: 'events.woken', subject: this.#why })
    }
    // An event for a caller that has just given up is kept for the next one.
    return this.#process.call('events.next', [...this.#keys].join(' '), signal, wait, { discard: () => (this.#woken = true) })
  }
  get seen(): number {
    return this.#process.base.uevents.seqnum
  }
  forget(): void {
    this.#woken = false
  }
  udevPending(name: string): boolean {
    return (this.#pending.get(name)?.size ?? 0) > 0
  }
  [Symbol.dispose](): void {
    this.#unlisten()
  }

  #see(event: Uevent | 'overrun'): void {
    // After an overrun it is unknown which events udev has yet to answer.
    if (event === 'overrun') this.#pending.clear()
    else if (!this.#isMeant(event)) return
    else this.#notePending(event)
    this.#why = event === 'overrun' ? event : `${event.source} ${event.action} ${event.devpath}`
    const present = this.#waiting.filter(({ signal }) => !signal.aborted)
    const meant = present.filter(({ isNews }) => event === 'overrun' || isNews === undefined || isNews(event))
    if (meant.length === 0 && present.length > 0) return
    this.#waiting = present.filter((each) => !meant.includes(each))
    this.#woken = meant.length === 0
    for (const { resolve } of meant) resolve()
  }
  #notePending({ source, subsystem, devpath, seqnum }: Uevent): void {
    if (subsystem !== 'block') return
    const name = devpath.slice(devpath.lastIndexOf('/') + 1)
    const pending = this.#pending.get(name) ?? new Set()
    this.#pending.set(name, pending)
    if (source === 'kernel') pending.add(seqnum)
    else pending.delete(seqnum)
  }
  #isMeant(event: Uevent): boolean {
    const { subsystem, properties } = event
    const names = namesIn(event)
    const anyMap = this.#keys.has('dm-*') && names.at(-1)?.startsWith('dm-') === true
    if (this.#keys.has(`subsystem:${subsystem}`)) return true
    if (diskKeys(event, names).some((key) => this.#keys.has(key))) return true
    return anyMap || names.some((name) => this.#keys.has(name)) || this.#keys.has(`uuid:${properties.get('DM_UUID') ?? ''}`)
  }
}
