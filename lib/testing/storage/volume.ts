import { createHash } from 'node:crypto'

import { bytesOf } from '../files/nodes.js'

/** The content of a volume or a partition. `lvm`: a physical volume of LVM, whose group has one logical volume. */
export type Content = 'blank' | 'ext4' | 'btrfs' | 'lvm'
/** What is at a LUN: a volume (`disk`), or what an array shows where it has none. */
export type LunKind = 'disk' | 'controller' | 'enclosure' | 'well-known' | 'not-connected'
/** Peripheral qualifier and type, as the first byte of INQUIRY data has them (SPC-4, 6.6.2). */
const PERIPHERALS = { disk: 0x00, controller: 0x0c, enclosure: 0x0d, 'well-known': 0x1e, 'not-connected': 0x20 } as const

/** A volume as a test describes it. */
export interface VolumeOptions {
  /**
   * Its size in MiB.
   * @default 64
   */
  readonly sizeMb?: number
  /**
   * The kind of the LUN. A placeholder is a disk without a size: `sizeMb: 0`.
   * @default 'disk'
   */
  readonly kind?: LunKind
  /**
   * Its content.
   * @default 'blank'
   */
  readonly content?: Content
  /**
   * Its partition table: the content of each partition.
   * @default []
   */
  readonly partitions?: readonly Content[]
  /** Unit serial number; by default made from the name. `null`: none, so that the volume has no identity. */
  readonly serial?: string | null
  /**
   * The pages and designators that identify it, as LIO shows them with `naa`.
   * @default 'naa'
   */
  readonly identity?: IdentityStyle
}
/**
 * The pages and designators by which an array identifies a volume.
 * - `naa`: NAA and T10 vendor text.
 * - `eui`, `uuid`: only that designator.
 * - `t10`, `t10 with a slash`: only T10 vendor text.
 * - `serial`: no page 0x83, only the unit serial number (page 0x80).
 * - `several`: NAA, EUI, UUID and T10 vendor text.
 */
export type IdentityStyle = 'naa' | 'eui' | 'uuid' | 't10' | 't10 with a slash' | 'serial' | 'several'

const BLOCK = 4096
/** s_magic of the ext4 superblock, which begins at byte 1024. */
const EXT4_MAGIC_AT = 1024 + 56

/** A volume of the storage side: its bytes, its size, and a serial number of its own. */
export class Volume {
  /** The name by which targets offer it. */
  readonly name: string
  /** Peripheral qualifier and type. */
  readonly peripheral: number
  /** Unit serial number. */
  readonly serial: string | undefined
  /** Its content. */
  readonly content: Content
  /** The content of each partition; empty without a partition table. */
  partitions: readonly Content[]
  /** How it is identified from now on. Disks keep the pages that the kernel read. */
  identity: IdentityStyle
  /** Its size now, in bytes. Disks keep the size that the kernel read. */
  sizeBytes: number
  /** Whether another host holds a persistent reservation. Reads are answered, and so is a flush without data, but a write fails. */
  reservedByOther = false
  readonly #blocks = new Map<number, Uint8Array>()

  constructor(
    name: string,
    { sizeMb = 64, content = 'blank', kind = 'disk', partitions = [], serial, identity = 'naa' }: VolumeOptions = {},
  ) {
    this.name = name
    this.content = content
    this.peripheral = PERIPHERALS[kind]
    this.partitions = partitions
    this.identity = identity
    this.sizeBytes = sizeMb * 1024 * 1024
    this.serial = serial === null ? undefined : (serial ?? dashed(`volume ${name}`))
    if (content === 'ext4') {
      this.write(EXT4_MAGIC_AT, Uint8Array.of(0x53, 0xef))
      this.write(1024 + 120, bytesOf(name.slice(0, 16)))
    } else this.write(0, bytesOf(`volume ${name}`))
  }
  /** Hex digits of the NAA 6 identifier, as LIO makes it: its company number, then the hex digits of the serial number. */
  get naa(): string | undefined {
    const digits = this.serial?.toLowerCase().replace(/[^0-9a-f]/g, '')
    return digits === undefined ? undefined : `6001405${digits.slice(0, 25).padEnd(25, '0')}`
  }
  /** UUID of the ext4 file system. */
  get fsUuid(): string {
    return dashed(`ext4 ${this.name}`)
  }
  /** Bytes from `offset` on, at most up to the end. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)))
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.#blocks.get(Math.floor((offset + at) / BLOCK))?.[(offset + at) % BLOCK] ?? 0
    return bytes
  }
  /** Writes bytes from `offset` on. */
  write(offset: number, bytes: Uint8Array): void {
    for (const [at, byte] of bytes.entries()) {
      const number = Math.floor((offset + at) / BLOCK)
      const block = this.#blocks.get(number) ?? new Uint8Array(BLOCK)
      block[(offset + at) % BLOCK] = byte
      this.#blocks.set(number, block)
    }
  }
}

/** 32 hex digits in the groups of a UUID that depend on `text` only. */
function dashed(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
