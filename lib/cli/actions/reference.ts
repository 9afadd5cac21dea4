/** The attachment that a command is about: an ID, or --connection FILE. */
import { checkId } from '../../connection/schema.js'
import { checks } from '../../forms.js'
import type { Connection } from '../../index.js'
import type { Given } from '../command.js'
import { parseDocument } from '../document.js'
import { usageError } from '../usage-error.js'

/** @throws `ERR_INVALID_ARGUMENT` if there is none, or both */
export async function referenceOf(given: Given, command: string): Promise<string | { readonly connection: Connection }> {
  const {
    operands: [id],
    options: { connection: file },
    read,
  } = given
  if (id !== undefined && file !== undefined)
    throw usageError('--connection', `'${command}' takes an ID or --connection, not both`, command)
  if (id !== undefined) return checkId(id)
  if (file === undefined) throw usageError('ID', `'${command}' needs an ID, or --connection FILE`, command)
  // A command about an attachment hands no device out.
  return { connection: checks.reference(parseDocument(await read(file), file, 'caller').connection) }
}
