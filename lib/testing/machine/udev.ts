import type { Uevent } from '../../core/host.js'
import type { BlockDevice } from '../block/block-device.js'
import type { Boot } from '../boot.js'
import { describeDisk, describeMap, FIND_MULTIPATHS_TIMEOUT_MS, giveUpWaiting, type Properties } from './udev-rules.js'

/** udevd: one event after another for each device, its database, and its copy of each event when the rules have run. */
export class Udev {
  readonly #boot: Boot
  readonly #busyUntil = new Map<string, number>()
  #stopListening: (() => void) | undefined
  #run = 0

  constructor(boot: Boot) {
    this.#boot = boot
  }
  get running(): boolean {
    return this.#stopListening !== undefined
  }
  start(): void {
    if (this.running) return
    this.#boot.machine.tree.socket('/run/udev/control')
    this.#boot.machine.tree.directory('/run/udev/data')
    this.#stopListening = this.#boot.uevents.listen((event) => {
      if (event !== 'overrun' && event.source === 'kernel') this.#queue(event)
    })
  }
  /** Events that it has not answered yet are never answered. */
  stop(): void {
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#run += 1
    this.#busyUntil.clear()
    this.#boot.machine.tree.remove('/run/udev/control')
  }

  #queue(event: Uevent): void {
    const { delays } = this.#boot.machine.settings
    const needs = event.subsystem === 'block' && event.action !== 'remove' ? delays.udev : delays.udevOther
    const key = event.properties.get('DEVNAME') ?? event.devpath
    const now = this.#boot.machine.timeline.now
    const doneAt = Math.max(now, this.#busyUntil.get(key) ?? 0) + this.#boot.base.delay(needs)
    this.#busyUntil.set(key, doneAt)
    const run = this.#run
    this.#boot.after(doneAt - now, () => {
      if (run === this.#run) this.#finish(event)
    })
  }
  #finish(event: Uevent): void {
    const major = event.properties.get('MAJOR')
    const file = `/run/udev/data/b${major ?? ''}:${event.properties.get('MINOR') ?? ''}`
    const described = event.subsystem === 'block' && major !== undefined
    const before = described ? this.#before(file) : new Map<string, string>()
    const gone = event.action === 'remove'
    const properties = !described || gone ? before : this.#describe(event, before)
    if (described) this.#link(before, properties, gone)
    if (described && gone) this.#boot.machine.tree.remove(file)
    else if (described) this.#boot.machine.tree.file(file, record(properties, this.#boot.machine.timeline.now))
    this.#boot.uevents.udev(event, properties)
  }
  #describe(event: Uevent, before: Properties): Properties {
    const block = this.#boot.blocks.named(event.properties.get('DEVNAME') ?? '')
    const map = block && this.#boot.mapper.mapOf(block)
    if (map !== undefined) return describeMap(this.#boot, map, event, before)
    const properties = describeDisk(this.#boot, block)
    if (block !== undefined && properties.has('FIND_MULTIPATHS_WAIT_UNTIL')) this.#waitForSiblings(block, properties, before)
    return properties
  }
  /** With find_multipaths `smart` a first path is kept from everybody else for a while; then udev looks again. */
  #waitForSiblings(block: BlockDevice, properties: Map<string, string>, before: Properties): void {
    const until = before.get('FIND_MULTIPATHS_WAIT_UNTIL')
    const over = until !== undefined && Number(until) <= this.#boot.machine.timeline.now
    if (until !== undefined) properties.set('FIND_MULTIPATHS_WAIT_UNTIL', until)
    if (over) giveUpWaiting(block, properties)
    if (until !== undefined) return
    const directory = this.#boot.machine.tree.find(`/sys/class/block/${block.name}`)?.path
    this.#boot.after(FIND_MULTIPATHS_TIMEOUT_MS, () => {
      if (this.#boot.blocks.is(block) && directory !== undefined) this.#boot.blocks.event('add', directory, block)
    })
  }
  #link(before: Properties, now: Properties, gone: boolean): void {
    const { tree } = this.#boot.machine
    const [old, name] = [before.get('DM_NAME'), gone ? undefined : now.get('DM_NAME')]
    if (old !== undefined && old !== name) tree.remove(`/dev/mapper/${old}`)
    const node = this.#boot.mapper.all().find((map) => map.name === name)?.block.name
    if (name !== undefined && node !== undefined) tree.link(`/dev/mapper/${name}`, `../${node}`)
  }
  #before(file: string): Map<string, string> {
    const lines = (this.#boot.machine.tree.text(file) ?? '').split('\n').flatMap((line) => {
      const match = /^E:([^=]+)=(.*)$/.exec(line)
      return match?.[1] === undefined ? [] : [[match[1], match[2] ?? ''] as const]
    })
    return new Map(lines)
  }
}

function record(properties: Properties, nowMs: number): string {
  const lines = [...properties].map(([name, value]) => `E:${name}=${value}`)
  const name = properties.get('DM_NAME')
  const links = name === undefined ? [] : [`S:mapper/${name}`, 'L:50']
  return [...links, `I:${Math.round(nowMs * 1000)}`, ...lines, 'G:systemd', 'Q:systemd', 'V:1'].join('\n')
}
