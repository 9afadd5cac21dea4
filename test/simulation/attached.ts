/** Attachments that agents received, until an agent requests a change. */
import type { BlockAttachment } from '../../lib/index.js'
import type { FakeHost } from '../../lib/testing/index.js'

export interface Handed {
  readonly owner: string
  readonly id: string
  readonly device: string
  /** Distinguishes this device from the next one with its name. */
  readonly mark: string
}

/** The uuid of a map, or the sequence number of a disk. */
export function markOf(host: FakeHost, device: string): string | undefined {
  const name = device.slice('/dev/'.length)
  return host.text(`/sys/class/block/${name}/dm/uuid`) ?? host.text(`/sys/class/block/${name}/diskseq`)
}

interface Slot {
  /** `turns` counts all calls that may change the attachment; `busy`, those in progress. */
  turns: number
  busy: number
  handed: Handed | undefined
}
export interface Turn {
  readonly before: Handed | undefined
  /** The result of the call: `keep` the former attachment, none, or a new one. If its process dies, it never ends. */
  end(what: 'keep' | 'gone' | Handed): void
  died(): void
}

export class Attached {
  readonly #slots = new Map<string, Slot>()

  all(): Handed[] {
    return [...this.#slots.values()].flatMap(({ handed }) => handed ?? [])
  }
  /** A call begins that may change this attachment. Until it ends, the state is unknown. */
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
  /** The device was lost with an object that no agent could keep: a session of another program, or the machine's power. */
  lost(which: (handed: Handed) => boolean): void {
    for (const slot of this.#slots.values()) if (slot.handed !== undefined && which(slot.handed)) slot.handed = undefined
  }
}

export function handed(host: FakeHost, owner: string, { id, device }: BlockAttachment): Handed {
  return { owner, id, device, mark: markOf(host, device) ?? 'nothing' }
}
