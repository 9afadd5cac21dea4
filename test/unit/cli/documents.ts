/** Checks each document that a CLI test prints against its JSON Schema. A field that the schema does not know is an error here. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import Ajv from 'ajv'

import { wantsJson } from '../../../lib/cli/command-line.js'
import { commands } from '../../../lib/cli/commands.js'
import { answerSchemas } from '../../../scripts/generate/schemas.mjs'

const ROOT = resolve(import.meta.dirname, '../../..')
let validator: Ajv.Ajv | undefined

/** @throws an error that names the document and what is wrong with it */
export function checkDocuments(argv: readonly string[], out: string, err: string): void {
  if (!wantsJson(argv)) return
  const command = commands.find(({ name }) => argv.includes(name))?.name ?? ''
  for (const line of linesOf(out)) checkDocument(`answer-${command}`, line)
  for (const line of linesOf(err)) checkDocument('event' in (JSON.parse(line) as object) ? 'event' : 'error', line)
}

export function checkDocument(schema: string, document: string): void {
  validator ??= newValidator()
  if (validator.validate(schema, JSON.parse(document)) === true) return
  throw new Error(`${document}\ndoes not match the schema ${schema}: ${validator.errorsText(undefined, { separator: '\n' })}`)
}
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '')

function newValidator(): Ajv.Ajv {
  const all = new Ajv({ allErrors: true })
  for (const [name, schema] of Object.entries(strictSchemas())) all.addSchema(schema, name)
  return all
}

/** Reading the types takes seconds, so the schemas are kept until a source of theirs changes. */
function strictSchemas(): Readonly<Record<string, object>> {
  const sources = ['lib/api', 'lib/core', 'scripts/generate'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .map((name) => join(folder, name)),
  )
  const hash = createHash('sha256')
  for (const source of ['lib/cli/documents.ts', ...sources]) hash.update(readFileSync(join(ROOT, source)))
  const file = join(ROOT, `node_modules/.cache/brickwork/schemas-${hash.digest('hex').slice(0, 16)}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>
  const schemas = answerSchemas(ROOT, { strict: true })
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(schemas))
  renameSync(`${file}.${process.pid}`, file)
  return schemas
}
