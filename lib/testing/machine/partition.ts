import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import { partitionOf } from '../block/partitions.js'
import type { UsedMapper } from '../mapper/stacked-device.js'

/** The models of devices that can be built on others. */
export interface BuiltDevices {
  readonly blocks: BlockDevices
  readonly mapper: () => UsedMapper
}

/** Writes a partition table with one ext4 partition. Returns the partition's node. */
export function partition(block: BlockDevice, { mapper, blocks }: BuiltDevices): string {
  const volume = block.volume()
  if (volume !== undefined) volume.partitions = ['ext4']
  const map = mapper().mapOf(block)
  if (map !== undefined) mapper().addPartitionMaps(map)
  else blocks.readPartitions(block)
  return map === undefined ? `/dev/${partitionOf(block, 1).name}` : `/dev/${mapper().stackedOn(block)[0]?.block.name ?? ''}`
}
