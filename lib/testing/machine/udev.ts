import type { Uevent } from '../../core/host.js'
import { UdevQueue } from './udev-queue.js'
import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { DeviceMapper } from '../mapper/device-mapper.js'
import type { Base } from './base.js'
import {
  describeDisk,
  describeMap,
  describeStacked,
  FIND_MULTIPATHS_TIMEOUT_MS,
  giveUpWaiting,
  type Properties,
  type Rules,
} from './udev-rules.js'

interface Parts extends Pick<Rules, 'diskBehind' | 'claims'> {
  readonly blocks: BlockDevices
  readonly mapper: DeviceMapper
}

/**
 * udevd. It processes the events of each device one after another, keeps its database, and sends its copy of each event when the rules have
 * run.
 */
export class Udev {
  readonly #base: Base
  readonly #parts: Parts
  readonly #events: UdevQueue
  #stopListening: (() => void) | undefined
  #run = 0

  constructor(base: Base, parts: Parts) {
    this.#base = base
    this.#parts = parts
    this.#events = new UdevQueue(base)
  }
  /** Whether udevd runs. */
  get running(): boolean {
    return this.#stopListening !== undefined
  }
  /** Starts udevd. It does not process earlier events. */
  start(): void {
    if (this.running) return
    this.#base.tree.socket('/run/udev/control')
    this.#base.tree.directory('/run/udev/data')
    this.#stopListening = this.#base.uevents.listen((event) => {
      if (event !== 'overrun' && event.source === 'kernel') this.#queue(event)
    })
  }
  /** Stops udevd. Events that it has not processed yet are lost. */
  stop(): void {
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#run += 1
    this.#events.clear()
    this.#base.tree.remove('/run/udev/control')
  }
  /** Keeps all its workers busy with something else for so many virtual milliseconds: events wait. */
  occupy(ms: number): void {
    this.#events.occupy(ms)
  }
  /** Makes its rules take so many virtual milliseconds for each event of this device from now on: `sda`, `dm-0`. */
  slow(device: string, ms: number): void {
    this.#events.slow(device, ms)
  }

  #queue(event: Uevent): void {
    const { delays } = this.#base.settings
    const needs = event.subsystem === 'block' && event.action !== 'remove' ? delays.udev : delays.udevOther
    const run = this.#run
    this.#events.add(event.properties.get('DEVNAME') ?? event.devpath, needs, () => {
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
    if (described) this.#link(event.properties.get('DEVNAME'), before, properties, gone)
    if (described && gone) this.#base.tree.remove(file)
    else if (described) this.#base.tree.file(file, this.#record(file, event, properties))
    if (described && !gone) this.#runPrograms(event, properties)
    this.#base.uevents.udev(event, properties)
  }
  /**
   * Runs the programs that the rules start for a device that has come up: kpartx for maps, LVM for its physical volumes (60-kpartx.rules,
   * 69-lvm.rules).
   */
  #runPrograms(event: Uevent, properties: Properties): void {
    const { kpartx, lvmActivation } = this.#base.settings
    const { blocks, mapper } = this.#parts
    const block = blocks.named(event.properties.get('DEVNAME') ?? '')
    const map = block && mapper.mapOf(block)
    if (block === undefined || properties.has('DM_UDEV_DISABLE_OTHER_RULES_FLAG')) return
    if (kpartx && map !== undefined && properties.get('DM_ACTIVATION') === '1') mapper.addPartitionMaps(map)
    const group = `vg_${block.volume()?.name ?? ''}`
    if (lvmActivation && properties.get('ID_FS_TYPE') === 'LVM2_member')
      mapper.stack({ name: `${group}-root`, uuid: `LVM-${group}`, over: block })
  }
  #describe(event: Uevent, before: Properties): Properties {
    const block = this.#parts.blocks.named(event.properties.get('DEVNAME') ?? '')
    const map = block && this.#parts.mapper.mapOf(block)
    if (map !== undefined) return describeMap(map, event, before)
    const stacked = block && this.#parts.mapper.stackedDevice(block)
    if (stacked !== undefined) return describeStacked(stacked)
    const properties = describeDisk({ ...this.#parts, nowMs: this.#base.timeline.now }, block)
    if (block !== undefined && properties.has('FIND_MULTIPATHS_WAIT_UNTIL')) this.#waitForSiblings(block, properties, before)
    return properties
  }
  /** With find_multipaths `smart`, udev keeps a first path from all other programs for a while, then runs its rules again. */
  #waitForSiblings(block: BlockDevice, properties: Map<string, string>, before: Properties): void {
    const until = before.get('FIND_MULTIPATHS_WAIT_UNTIL')
    const over = until !== undefined && Number(until) <= this.#base.timeline.now
    if (until !== undefined) properties.set('FIND_MULTIPATHS_WAIT_UNTIL', until)
    if (over) giveUpWaiting(block, properties)
    if (until !== undefined) return
    const directory = this.#base.tree.find(`/sys/class/block/${block.name}`)?.path
    this.#base.after(FIND_MULTIPATHS_TIMEOUT_MS, () => {
      if (this.#parts.blocks.is(block) && directory !== undefined) this.#parts.blocks.event('add', directory, block)
    })
  }
  #link(node: string | undefined, before: Properties, now: Properties, gone: boolean): void {
    const { tree } = this.#base
    const [old, name] = [before.get('DM_NAME'), gone ? undefined : now.get('DM_NAME')]
    if (old !== undefined && old !== name) tree.remove(`/dev/mapper/${old}`)
    if (name !== undefined && node !== undefined) tree.link(`/dev/mapper/${name}`, `../${node}`)
  }
  /** Debian 12's rules record the sequence number of a disk, but not of a map. A device keeps the time of its first event. */
  #record(file: string, event: Uevent, properties: Properties): string {
    const { tree, timeline } = this.#base
    const lines = [...properties].map(([name, value]) => `E:${name}=${value}`)
    const name = properties.get('DM_NAME')
    const diskseq = tree.text(`/sys${event.devpath}/diskseq`)
    const ofDisk = diskseq === undefined || properties.has('DM_UUID') ? [] : [`S:disk/by-diskseq/${diskseq}`]
    const links = name === undefined ? ofDisk : [`S:mapper/${name}`, 'L:50']
    const since = /^I:.*$/m.exec(tree.text(file) ?? '')?.[0] ?? `I:${Math.round(timeline.now * 1000)}`
    return [...links, since, ...lines, 'G:systemd', 'Q:systemd', 'V:1'].join('\n')
  }
  #before(file: string): Map<string, string> {
    const lines = (this.#base.tree.text(file) ?? '').split('\n').flatMap((line) => {
      const match = /^E:([^=]+)=(.*)$/.exec(line)
      return match?.[1] === undefined ? [] : [[match[1], match[2] ?? ''] as const]
    })
    return new Map(lines)
  }
}
