/** The record of an attachment. The journal (durable, one for each owner) and the claim (shared by all owners) contain the same text. */
import { anything, boolean, either, listOf, nullable, number, object, oneOf, optional, recordOf, type Shape, text, whole } from './shape.js'

/** The version that is written. Version 1 can be read too. A newer version is refused. */
export const SCHEMA = 2

const ORIGINS = ['intended', 'created', 'adopted', 'found'] as const
const SCHEMES = ['scsi', 'nvme', 'rbd', 'share', 'file', 'local'] as const
const LAYER_STATES = ['opening', 'open', 'closing'] as const
const STATES = ['attaching', 'attached', 'detaching', 'detached'] as const
const ON_NO_PATHS = ['fail', 'fail-io'] as const
const ACCESS = ['rw', 'ro'] as const

export type Data = Record<string, string | number | null>
export const dataShape = recordOf(nullable(either(text, number)))

/**
 * An object on the host that an attachment uses: a disk, a map, or what a transport needs for them. The last claim removes it unless it is
 * `found`.
 * - `intended`: it may exist, since some claim was about to create it.
 * - `created`: some claim created it.
 * - `adopted`: it existed before, unused, and its identity is verified; some claim took it over.
 * - `found`: it existed before, and stays.
 */
export interface HostObject {
  kind: string
  /** The same object has the same key in all claims of one boot. */
  key: string
  origin: (typeof ORIGINS)[number]
  /** What the object has in common with objects of other attachments: a target's name, a disk's WWID. Claims can be found by these too. */
  common?: string[] | undefined
  /** Index of the layer that the object belongs to; absent for an object of the transport. */
  layer?: number | undefined
  data: Data
}
const common = optional(listOf(text))
const hostObject = object({ kind: text, key: text, origin: oneOf(...ORIGINS), common, layer: optional(whole(0)), data: dataShape })

/** Work that a daemon may still do although Brickwork gave it up. It can't be undone before `untilMs`. */
export interface Pending {
  kind: string
  key: string
  common?: string[] | undefined
  /** Milliseconds since 1970. */
  untilMs: number
  data: Data
}
const pending = object({ kind: text, key: text, common, untilMs: number, data: dataShape })

export interface EntryResult {
  kind: 'block'
  /** The path that the caller got: a device, a directory or a file. */
  path: string
  device: string
  identity: { scheme: (typeof SCHEMES)[number]; id: string } | null
  wwid?: string | undefined
  serial?: string | undefined
  sizeBytes: number
  logicalBlockSize: number
  readOnly: boolean
  /** Paths as their connector describes them. */
  paths: { device: string; state: string; label: string; [field: string]: unknown }[]
  /** Number of paths that the connection names. */
  named: number
  stableLink: string | null
}
const blockResult = object({
  kind: oneOf('block'),
  path: text,
  device: text,
  identity: nullable(object({ scheme: oneOf(...SCHEMES), id: text })),
  wwid: optional(text),
  serial: optional(text),
  sizeBytes: number,
  logicalBlockSize: number,
  readOnly: boolean,
  paths: listOf(object({ device: text, state: text, label: text })),
  named: number,
  stableLink: nullable(text),
})

/** A layer opened on top of the transport's device, from the bottom up. */
export interface Layer {
  kind: string
  spec: Record<string, unknown>
  state: (typeof LAYER_STATES)[number]
  marks: string[]
}
const layer = object({ kind: text, spec: recordOf(anything), state: oneOf(...LAYER_STATES), marks: listOf(text) })

/** The part of an entry that every later version can read. */
export interface EntryCore {
  schema: number
  id: string
  owner: string
  /** Numbers of hosts and disks are valid in one boot only. */
  boot: string
  /** Everything that the attachment owns or may own: keys of its objects and pending work, and what these have in common with others. */
  keys: string[]
}
const core = { id: text, owner: text, boot: text, keys: listOf(text) }
/** The core of an entry of any later version. */
export const coreShape: Shape = object({ schema: whole(SCHEMA), ...core })

/** Without `keys`, which are computed when the entry is written. */
export interface Entry extends Omit<EntryCore, 'schema' | 'keys'> {
  schema: typeof SCHEMA
  /** `detached`: nothing of the attachment is left, and the entry only says when it ended. */
  state: (typeof STATES)[number]
  /** When it was detached, in milliseconds since 1970. */
  endedMs?: number | undefined
  /** The process that works on the attachment, or did. */
  pid: number
  atMs: number
  /** As the caller gave it, without secrets. */
  connection: { protocol: string; [field: string]: unknown }
  /**
   * What the connection resolved to at the attach, if it contains names or requires discovery: one record of the connector for each path.
   */
  paths?: Record<string, unknown>[] | undefined
  objects: HostObject[]
  pending: Pending[]
  layers: Layer[]
  /** Further places where the volume is published. */
  publications: { target: string; [field: string]: unknown }[]
  result: EntryResult | null
  /** `policy.onNoPaths`, if the attach specified it. */
  onNoPaths?: (typeof ON_NO_PATHS)[number] | undefined
  /** `ro`: the attachment only reads. Absent: it reads and writes. */
  access?: (typeof ACCESS)[number] | undefined
}
export const entryShape: Shape = object({
  schema: oneOf(SCHEMA),
  ...core,
  state: oneOf(...STATES),
  endedMs: optional(number),
  pid: number,
  atMs: number,
  connection: object({ protocol: text }),
  paths: optional(listOf(recordOf(anything))),
  objects: listOf(hostObject),
  pending: listOf(pending),
  layers: listOf(layer),
  publications: listOf(object({ target: text })),
  result: nullable(blockResult),
  onNoPaths: optional(oneOf(...ON_NO_PATHS)),
  access: optional(oneOf(...ACCESS)),
})

type Keyed = Readonly<Pick<Entry, 'objects' | 'pending'>>
/** By entry: they are asked for when it is written, and again when it is read, indexed and replaced. */
const known = new WeakMap<Keyed, readonly string[]>()

/** The keys that an entry owns or may own. An entry is never changed, only replaced. */
export function keysOf(entry: Keyed): readonly string[] {
  const before = known.get(entry)
  if (before !== undefined) return before
  const keys = new Set<string>()
  for (const all of [entry.objects, entry.pending])
    for (const { key, common } of all) {
      keys.add(key)
      if (common !== undefined) for (const word of common) keys.add(word)
    }
  const found = [...keys]
  known.set(entry, found)
  return found
}
