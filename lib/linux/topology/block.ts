/** Block devices from sysfs alone. */
import type { Tree } from '../../core/tree.js'
import { parseBlock } from '../block/block.js'
import { below, lastName, word } from './tree.js'

export interface BlockFacts {
  readonly name: string
  readonly number: string
  readonly sizeBytes: number
  readonly readOnly: boolean
  readonly logicalBlockSize: number | undefined
  readonly diskseq: string | undefined
  readonly partition: number | undefined
  /** Number of the disk that a partition is on. */
  readonly diskNumber: string | undefined
  /** Name of the device below the block device: `3:0:0:1`, `nvme0`, `virtio1`. */
  readonly parent: string | undefined
  readonly wwid: string | undefined
  readonly serial: string | undefined
  readonly nsid: number | undefined
  readonly dm: { readonly name: string; readonly uuid: string; readonly suspended: boolean } | undefined
  readonly backingFile: string | undefined
  readonly slaves: readonly string[]
}

/** `undefined` for incomplete entries, and for hidden disks, which have no number. */
export function parseBlockFacts(tree: Tree): BlockFacts | undefined {
  const block = parseBlock(tree)
  if (block === undefined) return undefined
  const [partition, dmName, nsid] = [word(tree, 'partition'), word(tree, 'dm/name'), word(tree, 'nsid')]
  return {
    name: block.name,
    number: block.device,
    sizeBytes: block.sizeBytes,
    readOnly: block.readOnly,
    logicalBlockSize: tree.text('queue/logical_block_size') === undefined ? undefined : block.logicalBlockSize,
    diskseq: block.diskseq,
    partition: partition === undefined ? undefined : Number(partition),
    diskNumber: partition === undefined ? undefined : word(tree, '../dev'),
    parent: lastName(tree.link('device')),
    wwid: word(tree, 'wwid'),
    serial: word(tree, 'serial'),
    nsid: nsid === undefined ? undefined : Number(nsid),
    dm:
      dmName === undefined ? undefined : { name: dmName, uuid: word(tree, 'dm/uuid') ?? '', suspended: tree.text('dm/suspended') === '1' },
    backingFile: word(tree, 'loop/backing_file'),
    slaves: below(tree, 'slaves').map(({ name }) => name),
  }
}
