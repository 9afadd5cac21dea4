/** NVMe namespaces: their names, their identifiers, and their paths (drivers/nvme/host/sysfs.c, multipath.c). */
import type { Tree } from '../../core/tree.js'
import { type BlockOfDisk, parseBlock, SECTOR_BYTES } from '../block/block.js'
import { word } from '../topology/tree.js'

/** What the kernel knows of the identity of a namespace. Hexadecimal digits without separators, in lower case. */
export interface NamespaceIds {
  /** As the kernel spells it. The form `nvme.…` names a place, not a volume. */
  readonly wwid: string | undefined
  /** 32 digits. */
  readonly uuid: string | undefined
  /** 32 digits. */
  readonly nguid: string | undefined
  /** 16 digits. */
  readonly eui64: string | undefined
  /** Number of the namespace in its subsystem. It is reused. */
  readonly nsid: number | undefined
}
/** A namespace at one controller. */
export interface NamespacePath extends NamespaceIds {
  /** `nvme0c1n1` for a hidden path, `nvme1n1` for a namespace without a head. */
  readonly name: string
  /** Name of the block device that applications use: `nvme0n1`. */
  readonly head: string
  /** Whether the path is a hidden part of a head. */
  readonly hidden: boolean
  /** `optimized`, `non-optimized`, `inaccessible`, `persistent-loss`, `change`; `undefined` for a controller without ANA. */
  readonly anaState: string | undefined
  /** Capacity that this path has. I/O does not use a path whose capacity is not the head's. */
  readonly sizeBytes: number | undefined
  /** The block device of a namespace without a head. */
  readonly block: BlockOfDisk | undefined
}
/** The block device of a namespace whose paths the kernel combines. It is there as soon as one path was accessible. */
export interface NamespaceHead extends NamespaceIds, BlockOfDisk {
  /** Number of the namespace's character device: `239:0` of `ng0n1`. */
  readonly character: string | undefined
}

/** `path`: the controller's number in the name, which a hidden path has. The numbers say nothing about each other. */
export interface NamespaceName {
  readonly subsystem: number
  readonly path: number | undefined
  readonly namespace: number
  readonly head: string
}
/** Parses `nvme0n1` or `nvme0c1n1`; `undefined` for anything else below a controller or a subsystem (`ng0n1`, `hwmon3`). */
export function parseNamespaceName(name: string): NamespaceName | undefined {
  const [, subsystem, path, namespace] = /^nvme([0-9]{1,9})(?:c([0-9]{1,9}))?n([0-9]{1,9})$/.exec(name) ?? []
  if (subsystem === undefined || namespace === undefined) return undefined
  return {
    subsystem: Number(subsystem),
    path: path === undefined ? undefined : Number(path),
    namespace: Number(namespace),
    head: `nvme${subsystem}n${namespace}`,
  }
}

/** Attributes that a head and a path have. */
export const IDS = ['wwid', 'uuid', 'nguid', 'eui', 'nsid']
export function parseIds(tree: Tree): NamespaceIds {
  const wwid = word(tree, 'wwid')
  const nguid = digits(word(tree, 'nguid'), 32)
  const uuid = digits(word(tree, 'uuid'), 32)
  const nsid = word(tree, 'nsid')
  return {
    wwid,
    // For a namespace without a UUID, the kernel shows its NGUID as `uuid`. Only the WWID tells them apart.
    uuid: wwid !== undefined && !wwid.startsWith('uuid.') && uuid === nguid ? undefined : uuid,
    nguid,
    eui64: digits(word(tree, 'eui'), 16),
    nsid: nsid !== undefined && /^[0-9]{1,10}$/.test(nsid) ? Number(nsid) : undefined,
  }
}

/** `undefined` for other directories of a controller. */
export function parsePath(tree: Tree): NamespacePath | undefined {
  const name = parseNamespaceName(tree.name)
  if (name === undefined) return undefined
  const sectors = tree.text('size')
  return {
    name: tree.name,
    head: name.head,
    hidden: name.path !== undefined,
    ...parseIds(tree),
    anaState: word(tree, 'ana_state'),
    sizeBytes: sectors !== undefined && /^[0-9]{1,13}$/.test(sectors) ? Number(sectors) * SECTOR_BYTES : undefined,
    block: name.path === undefined ? parseBlock(tree) : undefined,
  }
}
/** `undefined` for other entries of a subsystem, and for a head that is being added or removed. */
export function parseHead(tree: Tree, characters: ReadonlyMap<string, string>): NamespaceHead | undefined {
  const name = parseNamespaceName(tree.name)
  const block = name === undefined || name.path !== undefined ? undefined : parseBlock(tree)
  return block === undefined ? undefined : { ...block, ...parseIds(tree), character: characters.get(tree.name.replace(/^nvme/, 'ng')) }
}

/** The kernel separates the bytes by hyphens (`uuid`, `nguid`) or by spaces (`eui`). Zeros stand for no identifier. */
function digits(text: string | undefined, length: number): string | undefined {
  const bare = text?.toLowerCase().replaceAll(/[- ]/g, '')
  return bare?.length === length && /^[0-9a-f]+$/.test(bare) && !/^0+$/.test(bare) ? bare : undefined
}
