// All JSON Schemas of the package: of what it takes (by zod), and of what the command prints (from the types).
import { join } from 'node:path'

import { typeSchemas } from './type-schemas.mjs'

/** @typedef {import('./type-schemas.mjs').Schema} Schema */
/**
 * Keys: `request`, `connection`, `policy`; `answer-COMMAND`; `error`, `event`.
 * @typedef {Readonly<Record<string, Schema>>} Schemas
 */
const DRAFT = { $schema: 'http://json-schema.org/draft-07/schema#' }

/** @param {string} root @param {{ strict?: boolean }} [options] @returns {Schemas} */
export function answerSchemas(root, { strict = false } = {}) {
  const file = join(root, 'lib/cli/documents.ts')
  const { members, definitions } = typeSchemas({ root, file, interfaces: ['Documents', 'DiagnosticDocuments'], strict })
  return Object.fromEntries(
    Object.entries(members).map(([name, schema]) => [
      name === 'error' || name === 'event' ? name : `answer-${name}`,
      { ...DRAFT, ...schema, definitions: neededBy(schema, definitions) },
    ]),
  )
}

/** Only the definitions that the schema refers to. @param {Schema} schema @param {Record<string, Schema>} all */
function neededBy(schema, all) {
  /** @type {Set<string>} */
  const needed = new Set()
  /** @param {unknown} value */
  const visit = (value) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
      if (needed.has(name)) continue
      needed.add(name)
      if (all[name] === undefined) throw new Error(`no definition of ${name}`)
      visit(all[name])
    }
  }
  visit(schema)
  return Object.fromEntries(Object.entries(all).filter(([name]) => needed.has(name)))
}

/** @param {Readonly<Record<string, Schema>>} inputs from `inputSchemas()` of lib/forms.ts @returns {Schemas} */
export function inputSchemas(inputs) {
  return Object.fromEntries(Object.entries(inputs).map(([name, schema]) => [name, { ...DRAFT, ...schema }]))
}
