/** The record of an attachment. The journal (durable, one for each owner) and the claim (shared by all owners) contain the same text. */
import { z } from 'zod'

/** The version that is written. Version 1 can be read too. A newer version is refused. */
export const SCHEMA = 2

const data = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))

/**
 * An object on the host that an attachment uses: a disk, a map, or what a transport needs for them. The last claim removes it unless it is
 * `found`.
 * - `intended`: it may exist, since some claim was about to create it.
 * - `created`: some claim created it.
 * - `adopted`: it existed before, unused, and its identity is verified; some claim took it over.
 * - `found`: it existed before, and stays.
 */
const hostObject = z.object({
  kind: z.string(),
  /** The same object has the same key in all claims of one boot. */
  key: z.string(),
  origin: z.enum(['intended', 'created', 'adopted', 'found']),
  /** What the object has in common with objects of other attachments: a target's name, a disk's WWID. Claims can be found by these too. */
  common: z.array(z.string()).optional(),
  /** Index of the layer that the object belongs to; absent for an object of the transport. */
  layer: z.int().min(0).optional(),
  data,
})
export type HostObject = z.infer<typeof hostObject>

/** Work that a daemon may still do although Brickwork gave it up. It can't be undone before `untilMs`. */
const pending = z.object({
  kind: z.string(),
  key: z.string(),
  common: z.array(z.string()).optional(),
  /** Milliseconds since 1970. */
  untilMs: z.number(),
  data,
})
export type Pending = z.infer<typeof pending>

/** A path as its connector describes it. */
const path = z.looseObject({ device: z.string(), state: z.string(), label: z.string() })
const blockResult = z.object({
  kind: z.literal('block'),
  /** The path that the caller got: a device, a directory or a file. */
  path: z.string(),
  device: z.string(),
  identity: z.object({ scheme: z.enum(['scsi', 'nvme', 'rbd', 'share', 'file', 'local']), id: z.string() }).nullable(),
  wwid: z.string().optional(),
  serial: z.string().optional(),
  sizeBytes: z.number(),
  logicalBlockSize: z.number(),
  readOnly: z.boolean(),
  paths: z.array(path),
  /** Number of paths that the connection names. */
  named: z.number(),
  stableLink: z.string().nullable(),
})
export type EntryResult = z.infer<typeof blockResult>

/** A layer opened on top of the transport's device, from the bottom up. */
const layer = z.object({
  kind: z.string(),
  spec: z.record(z.string(), z.unknown()),
  state: z.enum(['opening', 'open', 'closing']),
  marks: z.array(z.string()),
})
/** A further place where the volume is published. */
const publication = z.looseObject({ target: z.string() })

/** The part of a file that every later version can read. */
const core = {
  id: z.string(),
  owner: z.string(),
  /** Numbers of hosts and disks are valid in one boot only. */
  boot: z.string(),
  /** Everything that the attachment owns or may own: keys of its objects and pending work, and what these have in common with others. */
  keys: z.array(z.string()),
}
/** The core of an entry of any later version. */
export const coreSchema = z.object({ schema: z.int().min(SCHEMA), ...core })
export type EntryCore = z.infer<typeof coreSchema>

export const entrySchema = z.object({
  schema: z.literal(SCHEMA),
  ...core,
  /** `detached`: nothing of the attachment is left, and the entry only says when it ended. */
  state: z.enum(['attaching', 'attached', 'detaching', 'detached']),
  /** When it was detached, in milliseconds since 1970. */
  endedMs: z.number().optional(),
  /** The process that works on the attachment, or did. */
  pid: z.number(),
  atMs: z.number(),
  /** As the caller gave it, without secrets. */
  connection: z.looseObject({ protocol: z.string() }),
  /**
   * What the connection resolved to at the attach, if it contains names or requires discovery: one record of the connector for each path.
   */
  paths: z.array(z.record(z.string(), z.unknown())).optional(),
  objects: z.array(hostObject),
  pending: z.array(pending),
  layers: z.array(layer),
  publications: z.array(publication),
  result: blockResult.nullable(),
  /** `policy.onNoPaths`, if the attach specified it. */
  onNoPaths: z.enum(['fail', 'fail-io']).optional(),
  /** `ro`: the attachment only reads. Absent: it reads and writes. */
  access: z.enum(['rw', 'ro']).optional(),
})
/** Without `keys`, which are computed when the entry is written. */
export type Entry = Omit<z.infer<typeof entrySchema>, 'keys'>

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
