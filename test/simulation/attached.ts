/** What agents were told is attached, as long as nobody has asked for anything else. */
import type { BlockAttachment } from '../../lib/index.js'
import type { FakeHost } from '../../lib/testing/index.js'

export interface Handed {
  readonly owner: string
  readonly id: string
  readonly device: string
  /** What tells this device from the next one of its name. */
  readonly mark: string
}

/** Of a map its uuid; of a disk its sequence number. */
export function markOf(host: FakeHost, device: string): string | undefined {
  const name = device.slice('/dev/'.length)
  return host.text(`/sys/class/block/${name}/dm/uuid`) ?? host.text(`/sys/class/block/${name}/diskseq`)
}

interface Slot {
  /** Counts calls that may change it; under way now. */
  turns: number
  busy: number
  handed: Handed | undefined
}
export interface Turn {
  readonly before: Handed | undefined
  /** What the call came to: `keep` what was there, nothing, or something new. Without an end its process died. */
  end(what: 'keep' | 'gone' | Handed): void
  died(): void
}

export class Attached {
  readonly #slots = new Map<string, Slot>()

  all(): Handed[] {
    return [...this.#slots.values()].flatMap(({ handed }) => handed ?? [])
  }
  /** A call begins that may change this attachment: until it has ended, nothing is certain. */
  begin(owner: string, id: string): Turn {
    const key = `${owner} ${id}`
    const slot = this.#slots.get(key) ?? { turns: 0, busy: 0, handed: undefined }
    this.#slots.set(key, slot)
    const before = slot.handed
    slot.handed = undefined
    slot.turns += 1
    slot.busy += 1
    const turn = slot.turns
    const alone = slot.busy === 1
    let open = true
    const close = () => {
      if (open) slot.busy -= 1
      open = false
    }
    return {
      before,
      end: (what) => {
        close()
        if (!alone || slot.turns !== turn) return
        slot.handed = what === 'gone' ? undefined : what === 'keep' ? before : what
      },
      died: close,
    }
  }
  /** It went with something that nobody of us can keep: a foreign session, the machine's power. */
  lost(which: (handed: Handed) => boolean): void {
    for (const slot of this.#slots.values()) if (slot.handed !== undefined && which(slot.handed)) slot.handed = undefined
  }
}

export function handed(host: FakeHost, owner: string, { id, device }: BlockAttachment): Handed {
  return { owner, id, device, mark: markOf(host, device) ?? 'nothing' }
}
