import type { Uevent } from '../core/host.js'
import { blockName } from './uevent.js'

/** How far udev is behind the kernel, for each block device. udev's copy of an event has the sequence number of the kernel's event. */
export class UdevProgress {
  readonly #kernel = new Map<string, number>()
  readonly #udev = new Map<string, number>()

  note(event: Uevent): void {
    const name = blockName(event)
    if (name === undefined) return
    const seen = event.source === 'kernel' ? this.#kernel : this.#udev
    seen.set(name, Math.max(event.seqnum, seen.get(name) ?? 0))
    // No more events come about a device that has gone, and its name may be used again.
    if (event.source === 'kernel' && event.action === 'remove') this.#kernel.delete(name)
    if (event.source === 'udev' && event.action === 'remove' && !this.pending(name)) this.#udev.delete(name)
  }
  pending(name: string): boolean {
    return (this.#kernel.get(name) ?? 0) > (this.#udev.get(name) ?? 0)
  }
  /** After lost events, udev may have answered any of the pending ones. None of them may be waited for. */
  clear(): void {
    this.#kernel.clear()
    this.#udev.clear()
  }
}
