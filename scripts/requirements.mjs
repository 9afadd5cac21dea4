// npm run requirements: docs/evidence/requirements.md from docs/evidence/requirements.json.
//   --check   writes nothing; the exit code is 1 if the catalogue is incomplete, names a missing test, or doesn't match the document.
//   --file F  another catalogue (for the test of this check).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readJson } from './lab/json.mjs'
import { complaintsOf } from './requirements/complaints.mjs'
import { documentOf } from './requirements/document.mjs'

/** @typedef {import('./requirements/complaints.mjs').Entry} Entry */

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const DOCUMENT = join(ROOT, 'docs/evidence/requirements.md')

function main() {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, file: { type: 'string' } } })
  const entries = /** @type {Entry[]} */ (readJson(values.file ?? join(ROOT, 'docs/evidence/requirements.json')))
  const complaints = complaintsOf(ROOT, entries)
  for (const complaint of complaints) console.error(complaint)
  if (complaints.length > 0) return 1
  const text = documentOf(entries)
  const written = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : ''
  if (!values.check) writeFileSync(DOCUMENT, text)
  else if (written !== text) {
    console.error('docs/evidence/requirements.md is out of date: npm run requirements')
    return 1
  }
  const tested = entries.filter(({ tests }) => tests !== undefined).length
  console.log(`${entries.length} requirements: ${tested} tested, ${entries.length - tested} with a reason why not`)
  return 0
}

process.exitCode = main()
