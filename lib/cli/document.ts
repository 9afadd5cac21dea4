/** Parses a file: an attach request, a connection, or Cinder's connection_info of a volume. */
import { fromCinder } from '../forms.js'
import { BrickworkError } from '../core/errors.js'

/** Parts of an attach request, not yet checked. */
export type RequestParts = Readonly<Record<string, unknown>> & { readonly connection?: unknown }

/** @throws `ERR_INVALID_ARGUMENT` naming the file. The message never contains its text, which may hold secrets. */
export function parseDocument(text: string, file: string): RequestParts {
  const value = parseJson(text, file)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(file, 'must be a JSON object')
  if ('connection' in value) return { ...value }
  if ('protocol' in value) return { connection: value }
  if ('driver_volume_type' in value || Object.keys(value).some((key) => key.startsWith('target_'))) return { connection: fromCinder(value) }
  throw invalid(file, 'is neither an attach request (connection, …) nor a connection_info of Cinder (driver_volume_type and data)')
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser's message quotes the text around the error.
    const position = /position ([0-9]+)/.exec(error instanceof Error ? error.message : '')?.[1]
    throw invalid(file, `is not JSON${position === undefined ? '' : `: line ${text.slice(0, Number(position)).split('\n').length}`}`)
  }
}
function invalid(file: string, why: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${file === '-' ? 'Standard input' : file} ${why}`, { details: { file } })
}
