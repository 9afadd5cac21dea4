/** Parses a file: an attach request, a connection, or Cinder's connection_info of a volume. */
import { fromCinder, policyFromCinder } from '../forms.js'
import { BrickworkError } from '../core/errors.js'
import { didYouMean } from '../core/suggest.js'
import { jsonProblem } from './json-problem.js'

/** Parts of an attach request, not yet checked. */
export type RequestParts = Readonly<Record<string, unknown>> & { readonly connection?: unknown }

/**
 * @param encryption who opens the encryption of a volume of Cinder
 * @throws `ERR_INVALID_ARGUMENT` naming the file. The message never contains its text, which may hold secrets.
 */
export function parseDocument(text: string, file: string, encryption?: 'caller'): RequestParts {
  return partsOf(objectIn(text, file), file, encryption)
}
/** The JSON object that a file holds. */
export function objectIn(text: string, file: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text, file)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(file, 'must be a JSON object')
  return { ...value }
}
/** @param place names the value in messages */
export function partsOf(value: object, place: string, encryption?: 'caller'): RequestParts {
  if ('connection' in value) return { ...value }
  if ('protocol' in value) return { connection: value }
  if ('driver_volume_type' in value || Object.keys(value).some((key) => key.startsWith('target_'))) return cinderRequest(value, encryption)
  const meant = Object.keys(value).map((key) => didYouMean(key, ['connection', 'protocol', 'driver_volume_type']))
  const hint = meant.find((each) => each !== '') ?? ''
  throw invalid(place, `is neither an attach request (connection, …) nor a connection_info of Cinder (driver_volume_type and data)${hint}`)
}
function cinderRequest(value: object, encryption: 'caller' | undefined): RequestParts {
  const policy = policyFromCinder(value)
  return { connection: fromCinder(value, { encryption }), ...(policy.multipath === undefined ? {} : { policy }) }
}

function parseJson(text: string, file: string): unknown {
  // Some editors begin a file with a byte order mark.
  const document = text.replace(/^\ufeff/, '')
  try {
    return JSON.parse(document)
  } catch {
    const problem = jsonProblem(document)
    const where = problem === undefined ? '' : `: line ${problem.line}, column ${problem.column}: ${problem.reason}`
    throw invalid(file, document.trim() === '' ? 'is empty: a JSON document is expected' : `is not JSON${where}`)
  }
}
function invalid(file: string, why: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${file === '-' ? 'Standard input' : file} ${why}`, { details: { file } })
}
