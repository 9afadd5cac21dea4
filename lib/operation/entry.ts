/** What is recorded about an attachment: the same text in the journal (durable, each owner's) and as a claim (shared by all owners). */
import { z } from 'zod'

/** The version that is written. Version 1 is read too; a newer one is refused, never guessed at. */
export const SCHEMA = 2

const data = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))

/**
 * Something on the host that an attach uses: a disk, a map, what a transport needs for them. `intended`: it may be there, since some claim was about to
 * create it. `created`: some claim created it. `adopted`: it was there before, unused, and was verified; some claim took it over. `found`: it
 * was there before, and stays. The last claim removes what is not `found`.
 */
const hostObject = z.object({
  kind: z.string(),
  /** The same object has the same key in all claims of one boot. */
  key: z.string(),
  origin: z.enum(['intended', 'created', 'adopted', 'found']),
  /** What the object has in common with objects of other attachments: the name of a target, the WWID of a disk. Claims are found by these too. */
  common: z.array(z.string()).optional(),
  /** Index of the layer that it belongs to; absent for an object of the transport. */
  layer: z.int().min(0).optional(),
  data,
})
export type HostObject = z.infer<typeof hostObject>

/** Something that a daemon may still do although this library gave it up: it can't be undone before `untilMs`. */
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
  /** What the caller was given: a device, a directory or a file. */
  path: z.string(),
  device: z.string(),
  identity: z.object({ scheme: z.enum(['scsi', 'nvme', 'rbd', 'share', 'file', 'local']), id: z.string() }).nullable(),
  wwid: z.string().optional(),
  serial: z.string().optional(),
  sizeBytes: z.number(),
  logicalBlockSize: z.number(),
  readOnly: z.boolean(),
  paths: z.array(path),
  /** How many paths the connection names. */
  named: z.number(),
  stableLink: z.string().nullable(),
})
export type EntryResult = z.infer<typeof blockResult>

/** Something opened on top of the transport's device, bottom up. */
const layer = z.object({
  kind: z.string(),
  spec: z.record(z.string(), z.unknown()),
  state: z.enum(['opening', 'open', 'closing']),
  marks: z.array(z.string()),
})
/** A further place where the volume is shown to others. */
const publication = z.looseObject({ target: z.string() })

/** What every later version can read of a file. */
const core = {
  id: z.string(),
  owner: z.string(),
  /** Numbers of hosts and disks mean nothing in another boot. */
  boot: z.string(),
  /** All that the attachment owns or may own: keys of its objects and pending work, and what these have in common with others. */
  keys: z.array(z.string()),
}
/** The core of an entry of any later version. */
export const coreSchema = z.object({ schema: z.int().min(SCHEMA), ...core })
export type EntryCore = z.infer<typeof coreSchema>

export const entrySchema = z.object({
  schema: z.literal(SCHEMA),
  ...core,
  /** `detached`: nothing of it is left, and the entry only says until when. */
  state: z.enum(['attaching', 'attached', 'detaching', 'detached']),
  /** When it was detached, in milliseconds since 1970. */
  endedMs: z.number().optional(),
  /** The process that works on it, or did. */
  pid: z.number(),
  atMs: z.number(),
  /** As given, without secrets. */
  connection: z.looseObject({ protocol: z.string() }),
  /** What the connection resolved to at the attach, where it leaves that to names or a discovery: a record of the connector for each path. */
  paths: z.array(z.record(z.string(), z.unknown())).optional(),
  objects: z.array(hostObject),
  pending: z.array(pending),
  layers: z.array(layer),
  publications: z.array(publication),
  result: blockResult.nullable(),
  /** `policy.onNoPaths`, where the attach said it. */
  onNoPaths: z.enum(['fail', 'fail-io']).optional(),
  /** `ro`: the attachment only reads. Absent: it reads and writes. */
  access: z.enum(['rw', 'ro']).optional(),
})
/** `keys` are computed when it is written. */
export type Entry = Omit<z.infer<typeof entrySchema>, 'keys'>

/** What an entry owns or may own. */
export function keysOf({ objects, pending: waiting }: Pick<Entry, 'objects' | 'pending'>): string[] {
  return [...new Set([...objects, ...waiting].flatMap(({ key, common = [] }) => [key, ...common]))]
}
