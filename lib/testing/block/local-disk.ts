import { BrickworkError } from '../../core/errors.js'
import type { Volume } from '../storage/volume.js'
import type { BlockDevice } from './block-device.js'
import type { BlockDevices } from './block-devices.js'

const VIRTIO_MAJOR = 254

/** Adds a disk that belongs to the machine itself and is there from the start: `vdb` is 254:16, `vdc` 254:32. */
export function addLocalDisk(blocks: BlockDevices, name: string, volume: Volume): void {
  const letter = /^vd([b-z])$/.exec(name)?.[1]
  if (letter === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost: ${name} is not one of vdb to vdz`)
  const index = letter.charCodeAt(0) - 97
  const block: BlockDevice = {
    name,
    device: `${VIRTIO_MAJOR}:${index * 16}`,
    node: `/dev/${name}`,
    live: true,
    sectors: () => volume.sizeBytes / 512,
    readOnly: () => false,
    volume: () => volume,
    io: () => Promise.resolve('ok'),
    takesWrites: () => true,
  }
  const directory = `/sys/devices/pci0000:00/0000:00:0${index}.0/virtio${index}/block/${name}`
  blocks.lay(directory, block)
}
