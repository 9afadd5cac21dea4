/** What is written down about an attachment: the same text in the journal (durable, each owner's) and as a claim (shared by all owners). */
import { z } from 'zod'
import { BrickworkError } from '../core/errors.js'

/** Versions of this format that can be read. A newer one is refused, never guessed at. */
export const SCHEMA = 1

/**
 * Something on the host that an attach uses: a node record, a session, a disk. `found`: it was there before any claim. `making`: it may
 * be there, since we were about to make it. `made`: some claim of this library made it, so the last claim takes it away.
 */
const hostObject = z.object({
  kind: z.string(),
  /** The same object has the same key in all claims of one boot. */
  key: z.string(),
  origin: z.enum(['found', 'making', 'made']),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
})
export type HostObject = z.infer<typeof hostObject>

/** Something that a daemon may still do although we gave it up: it can't be taken back before `untilMs`. */
const pending = z.object({
  kind: z.string(),
  key: z.string(),
  /** Milliseconds since 1970. */
  untilMs: z.number(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
})
export type Pending = z.infer<typeof pending>

const path = z.object({
  device: z.string(),
  hctl: z.string().optional(),
  portal: z.string().optional(),
  target: z.string().optional(),
  iface: z.string().optional(),
  session: z.number().optional(),
  state: z.string(),
})
const result = z.object({
  device: z.string(),
  wwid: z.string().optional(),
  serial: z.string().optional(),
  sizeBytes: z.number(),
  logicalBlockSize: z.number(),
  readOnly: z.boolean(),
  paths: z.array(path),
  stableLink: z.string().nullable(),
})
export type EntryResult = z.infer<typeof result>

const entry = z.object({
  schema: z.literal(SCHEMA),
  id: z.string(),
  owner: z.string(),
  /** Numbers of sessions, hosts and disks mean nothing in another boot. */
  boot: z.string(),
  state: z.enum(['attaching', 'attached', 'detaching']),
  /** The process that is at work on it, or was. */
  pid: z.number(),
  atMs: z.number(),
  /** As given, without secrets. */
  connection: z.looseObject({ protocol: z.string() }),
  /** What it came to at the attach, where it leaves that to names or a discovery: the portals that were found. */
  ways: z.array(z.object({ iqn: z.string(), portal: z.string(), lun: z.string() })).optional(),
  objects: z.array(hostObject),
  pending: z.array(pending),
  result: result.nullable(),
  /** `policy.onNoPaths`, where the attach said it. */
  onNoPaths: z.enum(['fail', 'fail-io']).optional(),
})
export type Entry = z.infer<typeof entry>

/** @throws `ERR_STATE` naming the file: torn, not ours, or of a newer version. Nothing is deleted. */
export function parseEntry(text: string, file: string): Entry {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw stateError(file, 'is not JSON: it was cut off or overwritten', cause)
  }
  const parsed = entry.safeParse(value)
  if (parsed.success) return { ...parsed.data, objects: parsed.data.objects.map(diskByNexus) }
  const schema = z.object({ schema: z.number() }).safeParse(value)
  if (schema.success && schema.data.schema > SCHEMA)
    throw stateError(file, `was written by a newer version (schema ${schema.data.schema}, this version reads ${SCHEMA})`)
  throw stateError(file, `is not an entry of this library (${parsed.error.issues[0]?.path.join('.') ?? 'schema'})`, parsed.error)
}
/** Files of earlier builds name the number of a disk's session. */
function diskByNexus(object: HostObject): HostObject {
  const { session, ...data } = object.data
  if (object.kind !== 'disk' || session === undefined) return object
  const nexus = `session ${String(session)}`
  return { ...object, key: `disk ${nexus} ${String(data['lun'])}`, data: { ...data, nexus } }
}
export function formatEntry(value: Entry): string {
  return `${JSON.stringify(value, null, 1)}\n`
}

export function stateError(file: string, why: string, cause?: unknown): BrickworkError {
  return new BrickworkError('ERR_STATE', `State file ${file} ${why}. Nothing was changed; move it away or mend it`, {
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })
}
