import type { Uevent } from '../../core/host.js'
import type { Boot } from './boot.js'

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
    const doneAt = Math.max(now, this.#busyUntil.get(key) ?? 0) + this.#boot.machine.delay(needs)
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
    const properties = described ? this.#describe(event) : new Map<string, string>()
    if (described && event.action === 'remove') this.#boot.machine.tree.remove(file)
    else if (described) this.#boot.machine.tree.file(file, record(properties, this.#boot.machine.timeline.now))
    this.#boot.uevents.udev(event, properties)
  }
  /** What Debian's rules find out about a disk (sg3-utils-udev, blkid). */
  #describe(event: Uevent): Map<string, string> {
    const block = this.#boot.blocks.named(event.properties.get('DEVNAME') ?? '')
    const properties = new Map([['DM_MULTIPATH_DEVICE_PATH', '0']])
    const volume = block?.volume()
    if (block === undefined || volume === undefined) return properties
    if (block.disk !== undefined) {
      properties.set('ID_SCSI', '1').set('ID_BUS', 'scsi').set('ID_VENDOR', 'LIO-ORG').set('ID_MODEL', 'FILEIO').set('ID_TYPE', 'disk')
      const naa = /^naa\.(.*)$/.exec(block.disk.pages.wwid ?? '')?.[1]
      if (naa !== undefined) {
        properties.set('ID_SERIAL', `3${naa}`).set('ID_SERIAL_SHORT', naa)
        properties.set('ID_WWN', `0x${naa.slice(0, 16)}`).set('ID_WWN_WITH_EXTENSION', `0x${naa}`)
      }
    }
    if (volume.content === 'ext4') properties.set('ID_FS_TYPE', 'ext4').set('ID_FS_USAGE', 'filesystem').set('ID_FS_UUID', volume.fsUuid)
    return properties
  }
}

function record(properties: ReadonlyMap<string, string>, nowMs: number): string {
  const lines = [...properties].map(([name, value]) => `E:${name}=${value}`)
  return [`I:${Math.round(nowMs * 1000)}`, ...lines, 'G:systemd', 'Q:systemd', 'V:1'].join('\n')
}
