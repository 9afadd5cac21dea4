// The same files by what Node.js has itself, and by lsblk. Each returns milliseconds.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

const IN_FLIGHT = 64

export function timedSync(act) {
  const from = performance.now()
  act()
  return performance.now() - from
}

/** Blocks the process as long as it takes. */
export function readSync(root, groups) {
  const kept = []
  const maybe = (act) => {
    try {
      kept.push(act())
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EINVAL'].includes(error.code)) throw error
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

export async function readPromises(root, groups) {
  const jobs = groups.flatMap(([directory, attributes, links, subdirectories]) =>
    entriesOf(root, directory).flatMap((path) => [
      ...attributes.map((name) => () => readFile(`${path}/${name}`)),
      ...links.map((name) => () => readlink(`${path}/${name}`)),
      ...subdirectories.map((name) => () => readdir(`${path}/${name}`)),
    ]),
  )
  const kept = []
  let next = 0
  const work = async () => {
    while (next < jobs.length)
      try {
        kept.push(await jobs[next++]())
      } catch (error) {
        if (!['ENOENT', 'ENOTDIR', 'EINVAL'].includes(error.code)) throw error
      }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return kept.length
}

function entriesOf(root, directory) {
  if (directory.endsWith('!')) return [join(root, directory.slice(0, -1))]
  return readdirSync(join(root, directory)).map((name) => join(root, directory, name))
}

export function lsblk(root) {
  const output = execFileSync('lsblk', ['-J', '-O', '--sysroot', root], { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] })
  return JSON.parse(output.toString()).blockdevices.length
}
