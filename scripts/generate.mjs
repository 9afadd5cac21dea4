// Makes what is built from the compiled library: dist/schemas and man. A part of npm run build.
//   --dist DIR  where the schemas go (default: dist); --man DIR where the manual pages go (default: man)
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { builtLibrary } from './built.mjs'
import { manualPages } from './generate/manual.mjs'
import { answerSchemas, inputSchemas } from './generate/schemas.mjs'
import { CHECKOUT } from './tests/stage.mjs'

const { values } = parseArgs({
  options: { dist: { type: 'string', default: join(CHECKOUT, 'dist') }, man: { type: 'string', default: join(CHECKOUT, 'man') } },
})
const dist = resolve(values.dist)
const library = /** @type {typeof import('../lib/input-schemas.js')} */ (await builtLibrary('input-schemas.js'))
const { manualSource } = /** @type {typeof import('../lib/cli/manual-source.js')} */ (await builtLibrary('cli/manual-source.js'))

/** @param {string} folder @param {Readonly<Record<string, string>>} files */
function write(folder, files) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
}

const schemas = { ...inputSchemas(library.inputSchemas()), ...answerSchemas(CHECKOUT) }
const names = Object.keys(schemas)
write(join(dist, 'schemas'), {
  ...Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [`${name}.json`, `${JSON.stringify(schema, null, 2)}\n`])),
  'index.js': `/** JSON Schemas (draft-07) of requests, of the answers of the command, and of its errors. */\nexport const schemas = ${JSON.stringify(schemas)}\n`,
  'index.d.ts': [
    '/** A JSON Schema, draft-07. */',
    'export type JsonSchema = { readonly [keyword: string]: unknown }',
    '/** JSON Schemas of requests, of the answers of the command (`answer-COMMAND`), and of its errors and events. */',
    `export declare const schemas: { ${names.map((name) => `readonly '${name}': JsonSchema`).join('; ')} }`,
    '',
  ].join('\n'),
})
write(resolve(values.man), manualPages(manualSource()))
