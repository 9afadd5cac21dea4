/** A block device whose facts of udev are parsed when they are first asked for. */
import type { BlockDeviceNode, ContentNode, PartitionEntryNode, UdevNode } from '../../api/topology.js'
import { contentOf, partitionEntryOf } from './content.js'

/** The record of udev's database about a device, by its number. */
export type UdevOf = (number: string) => UdevNode | undefined

/**
 * The fields are properties of the object itself, so that they are in its JSON. The getters come first, and are the same functions for all
 * nodes: V8 then keeps one shape for all of them. An object literal with getters becomes a hash table each time, and costs ten times as much.
 */
export class DeviceNode {
  static readonly #getters: Readonly<Record<'udev' | 'content' | 'partitionEntry', PropertyDescriptor & ThisType<DeviceNode>>> = {
    udev: {
      enumerable: true,
      get(): UdevNode | undefined {
        return this.#udev
      },
    },
    content: {
      enumerable: true,
      get(): ContentNode | undefined {
        return contentOf(this.#udev)
      },
    },
    partitionEntry: {
      enumerable: true,
      get(): PartitionEntryNode | undefined {
        return this.partition === undefined ? undefined : partitionEntryOf(this.#udev)
      },
    },
  }
  declare readonly partition?: number
  readonly #number: string
  readonly #udevOf: UdevOf

  private constructor(number: string, udevOf: UdevOf) {
    this.#number = number
    this.#udevOf = udevOf
    const { udev, content, partitionEntry } = DeviceNode.#getters
    Object.defineProperty(this, 'udev', udev)
    Object.defineProperty(this, 'content', content)
    Object.defineProperty(this, 'partitionEntry', partitionEntry)
  }
  get #udev(): UdevNode | undefined {
    return this.#udevOf(this.#number)
  }

  /** A node to which the caller adds all other fields. */
  static of(number: string, udevOf: UdevOf): Writable<BlockDeviceNode> {
    return new DeviceNode(number, udevOf) as unknown as Writable<BlockDeviceNode>
  }
}
type Writable<T> = { -readonly [K in keyof T]: T[K] }
