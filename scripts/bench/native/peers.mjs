// Reads the same files with Node.js's own functions, and with lsblk. Each function returns milliseconds.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../../lab/json.mjs'

const IN_FLIGHT = 64

/** @param {() => unknown} act */
export function timedSync(act) {
  const from = performance.now()
  act()
  return performance.now() - from
}

/** @typedef {import('./groups.mjs').Group} Group */

/** The error of an entry without that file, link or directory. @param {unknown} error */
const isAbsent = (error) => error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EINVAL'].includes(String(error.code))

/** Blocks the process until it has read everything. @param {string} root @param {readonly Group[]} groups */
export function readSync(root, groups) {
  /** @type {unknown[]} */
  const kept = []
  /** @param {() => unknown} act */
  const maybe = (act) => {
    try {
      kept.push(act())
    } catch (error) {
      if (!isAbsent(error)) throw error
    }
  }
  for (const [directory, attributes, links, subdirectories] of groups)
    for (const path of entriesOf(root, directory)) {
      for (const name of attributes) maybe(() => readFileSync(`${path}/${name}`))
      for (const name of links) maybe(() => readlinkSync(`${path}/${name}`))
      for (const name of subdirectories) maybe(() => readdirSync(`${path}/${name}`))
    }
  return kept.length
}

/** @param {string} root @param {readonly Group[]} groups */
export async function readPromises(root, groups) {
  const jobs = groups.flatMap(([directory, attributes, links, subdirectories]) =>
    entriesOf(root, directory).flatMap((path) => [
      ...attributes.map((name) => () => readFile(`${path}/${name}`)),
      ...links.map((name) => () => readlink(`${path}/${name}`)),
      ...subdirectories.map((name) => () => readdir(`${path}/${name}`)),
    ]),
  )
  /** @type {unknown[]} */
  const kept = []
  const waiting = jobs.values()
  const work = async () => {
    for (const job of waiting)
      try {
        kept.push(await job())
      } catch (error) {
        if (!isAbsent(error)) throw error
      }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return kept.length
}

/** @param {string} root @param {string} directory */
function entriesOf(root, directory) {
  if (directory.endsWith('!')) return [join(root, directory.slice(0, -1))]
  return readdirSync(join(root, directory)).map((name) => join(root, directory, name))
}

/** @param {string} root @returns {number} how many devices it shows */
export function lsblk(root) {
  const output = execFileSync('lsblk', ['-J', '-O', '--sysroot', root], { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] })
  const { blockdevices } = /** @type {{ blockdevices: unknown[] }} */ (parseJson(output.toString()))
  return blockdevices.length
}
