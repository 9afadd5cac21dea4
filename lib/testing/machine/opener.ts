import type { BlockDevice } from '../block/block-device.js'
import type { FakeProcess } from './process.js'

/** Something that has a block device open. */
export interface Opener {
  readonly block: BlockDevice
  /** `undefined`: the kernel itself has the device open. */
  readonly pid: number | undefined
  readonly exclusive: boolean
  /** For a helper: the process that it works for. */
  readonly owner: FakeProcess | undefined
}
