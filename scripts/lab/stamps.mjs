// Runs an npm script only if its inputs have changed since its last success.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from './json.mjs'
import { run } from './run.mjs'

/**
 * @param {string} checkout
 * @param {string} script a script of package.json
 * @param {string} output the folder that it fills; if it is missing, the script runs again
 * @param {string[]} inputs files and folders; a `*` may stand for part of a name in the checkout's top folder
 * @returns {Promise<string>} what was done, or ''
 */
export async function buildIfChanged(checkout, script, output, inputs) {
  const manifest = join(checkout, 'package.json')
  const command = existsSync(manifest) ? scriptsOf(manifest)[script] : undefined
  if (!command) return ''
  const stamps = join(checkout, 'build/.stamps')
  const stamp = join(stamps, script.replaceAll(':', '-'))
  const wanted = hashInputs(checkout, inputs, [command, process.version, process.arch])
  if (existsSync(join(checkout, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return ''
  await run('npm', ['run', '--silent', script], { cwd: checkout })
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stamp, wanted)
  return 'built'
}

/** @param {string} manifest */
function scriptsOf(manifest) {
  const { scripts = {} } = /** @type {{ scripts?: Record<string, string> }} */ (readJson(manifest))
  return scripts
}

/** @param {string} checkout @param {readonly string[]} inputs @param {readonly string[]} words */
function hashInputs(checkout, inputs, words) {
  const hash = createHash('sha256').update(JSON.stringify(words))
  for (const input of inputs) {
    const pattern = new RegExp(`^${input.replace(/[.+]/g, '\\$&').replaceAll('*', '.*')}$`)
    for (const name of readdirSync(checkout)
      .sort()
      .filter((each) => pattern.test(each)))
      addTo(hash, checkout, name)
  }
  return hash.digest('hex')
}

/** @param {import('node:crypto').Hash} hash @param {string} checkout @param {string} name */
function addTo(hash, checkout, name) {
  const file = join(checkout, name)
  if (statSync(file).isDirectory()) {
    for (const each of readdirSync(file).sort()) addTo(hash, checkout, join(name, each))
    return
  }
  const content = readFileSync(file)
  hash.update(`${name}\0${content.length}\0`).update(content)
}
