import type { BlockDevice } from '../block/block-device.js'

/** Written data that has not reached a volume yet. */
export class PageCache {
  readonly #dirty = new Map<BlockDevice, { readonly offset: number; readonly bytes: Uint8Array }[]>()

  /** Holds the bytes back until they are written back. */
  write(block: BlockDevice, offset: number, bytes: Uint8Array): void {
    this.#dirty.set(block, [...(this.#dirty.get(block) ?? []), { offset, bytes }])
  }
  /** Writes dirty data to the volume behind the device. The data is lost without a volume, or if another host has reserved it. */
  writeBack(block: BlockDevice): 'written' | 'refused' {
    const behind = block.takesWrites() ? block.volume() : undefined
    const isReserved = behind?.reservedByOther === true
    const dirty = this.#dirty.get(block) ?? []
    if (!isReserved) for (const { offset, bytes } of dirty) behind?.write(offset, bytes)
    this.#dirty.delete(block)
    return isReserved && dirty.length > 0 ? 'refused' : 'written'
  }
}
