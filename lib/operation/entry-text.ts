/** Reads and writes entries as the text of a file. */
import { z } from 'zod'
import { BrickworkError } from '../core/errors.js'
import { coreSchema, type Entry, type EntryCore, entrySchema, keysOf, SCHEMA } from './entry.js'
import { upgradeSchema1 } from './schema-1.js'

/** @throws `ERR_STATE`, naming the file, when it is torn, not an entry, or of a newer version. Nothing is deleted. */
export function parseEntry(text: string, file: string): Entry {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw stateError(file, 'is not JSON: it was cut off or overwritten', cause)
  }
  const { schema } = z.object({ schema: z.number() }).safeParse(value).data ?? {}
  if (schema !== undefined && schema > SCHEMA)
    throw stateError(file, `was written by a newer version (schema ${schema}, this version reads ${SCHEMA})`)
  const parsed = schema === 1 ? upgradeSchema1(value) : entrySchema.safeParse(value)
  if (!parsed.success)
    throw stateError(file, `is not a Brickwork journal entry (${parsed.error.issues[0]?.path.join('.') ?? 'schema'})`, parsed.error)
  return withoutKeys(parsed.data)
}
/** The core of an entry that a newer version wrote; `undefined` when the text is something else. */
export function parseNewerCore(text: string): EntryCore | undefined {
  try {
    const { data } = coreSchema.safeParse(JSON.parse(text))
    return data !== undefined && data.schema > SCHEMA ? data : undefined
  } catch {
    return undefined // not JSON
  }
}
function withoutKeys(entry: Entry & { keys?: unknown }): Entry {
  const known = { ...entry }
  delete known.keys
  return known
}
/** One line: it is written at every step, and read by programs. `jq .` shows it to people. */
export function formatEntry(entry: Entry): string {
  const { schema, id, owner, boot, ...rest } = entry
  return `${JSON.stringify({ schema, id, owner, boot, keys: keysOf(entry), ...rest })}\n`
}
export function stateError(file: string, why: string, cause?: unknown): BrickworkError {
  return new BrickworkError('ERR_STATE', `State file ${file} ${why}. Nothing was changed; move it away or repair it`, {
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  })
}
