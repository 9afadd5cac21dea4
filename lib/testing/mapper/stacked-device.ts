import type { BlockDevice } from '../block/block-device.js'
import type { DmMap } from './dm-map.js'

/** A device over another one, created by another program: a partition map of kpartx, a logical volume. */
export interface StackedDevice {
  /** The name in `/dev/mapper`. */
  readonly name: string
  /** `part1-mpath-36001405…`, `LVM-…` */
  readonly uuid: string
  /** The device that it is made of. */
  readonly over: BlockDevice
  /** The device itself. */
  readonly block: BlockDevice
  /** 7 of `dm-7`. */
  readonly minor: number
}
export interface NewStackedDevice {
  readonly name: string
  readonly uuid: string
  readonly over: BlockDevice
  /** The partition of the volume that it leads to. Default: that of `over`. */
  readonly partition?: number
  /** 7 of `dm-7`; default: the lowest that is free. */
  readonly minor?: number
  /** Its size; default: that of the device below. */
  readonly sectors?: number
}

/** The part of device-mapper that the users of devices need. */
export interface UsedMapper {
  holds(block: BlockDevice): boolean
  mapOf(block: BlockDevice): DmMap | undefined
  stackedOn(block: BlockDevice): readonly StackedDevice[]
  stack(device: NewStackedDevice): StackedDevice | 'EBUSY'
  addPartitionMaps(map: DmMap): void
  removeByUuid(uuid: string): 'removed' | 'busy' | 'gone'
}
