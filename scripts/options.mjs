// npm run options: writes docs/options.md from the types and doc comments of lib.
//   --check     writes nothing; the exit code is 1 if the page doesn't match the types.
//   --root DIR  another checkout (for the test of this check).
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pageOf } from './options/page.mjs'
import { CHECKOUT } from './tests/stage.mjs'

function main() {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: CHECKOUT } } })
  const file = join(values.root, 'docs/options.md')
  const text = pageOf(values.root)
  const written = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (!values.check) writeFileSync(file, text)
  else if (written !== text) {
    console.error('docs/options.md is out of date: npm run options')
    return 1
  }
  console.log(`${text.split('\n').filter((line) => line.startsWith('| `')).length} options`)
  return 0
}

process.exitCode = main()
