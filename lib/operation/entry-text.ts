/** Reads and writes entries as the text of a file. */
import { BrickworkError } from '../core/errors.js'
import { coreShape, type Entry, type EntryCore, entryShape, keysOf, SCHEMA } from './entry.js'
import { type Entry1, entry1Shape, upgraded } from './schema-1.js'

/** @throws `ERR_STATE`, naming the file, when it is torn, not an entry, or of a newer version. Nothing is deleted. */
export function parseEntry(text: string, file: string): Entry {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw stateError(file, 'is not JSON: it was cut off or overwritten', cause)
  }
  const schema = schemaOf(value)
  if (schema !== undefined && schema > SCHEMA)
    throw stateError(file, `was written by a newer version (schema ${schema}, this version reads ${SCHEMA})`)
  const wrong = schema === 1 ? entry1Shape(value, '') : entryShape(value, '')
  if (wrong !== undefined) throw stateError(file, `is not a Brickwork journal entry (${wrong === '' ? 'schema' : wrong})`)
  return schema === 1 ? upgraded(value as Entry1) : withoutKeys(value as Entry)
}
/** The core of an entry that a newer version wrote; `undefined` when the text is something else. */
export function parseNewerCore(text: string): EntryCore | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return coreShape(value, '') === undefined && (value as EntryCore).schema > SCHEMA ? (value as EntryCore) : undefined
  } catch {
    return undefined // not JSON
  }
}
function schemaOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return undefined
  return typeof value.schema === 'number' ? value.schema : undefined
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
