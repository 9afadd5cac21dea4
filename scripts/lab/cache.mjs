// The cache: guests' roots, kernels and initramfs images, outside the checkout so that all checkouts share them. Every artefact is a folder
// named after a hash of its inputs, so a changed recipe makes a new folder.
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The cache's folder: $BRICKWORK_CACHE, otherwise the user's cache folder. */
export function cacheDir() {
  const { BRICKWORK_CACHE, XDG_CACHE_HOME } = process.env
  return BRICKWORK_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'brickwork')
}

/** A short hash of any JSON value. @param {unknown} value */
export const hashOf = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

/**
 * Returns the folder of an artefact, and makes it if it doesn't exist. It's built under another name and renamed when complete, so an
 * interrupted build never counts as finished.
 * @param {string} name the artefact's kind, such as `root-bookworm`
 * @param {unknown} madeFrom all inputs of the build
 * @param {(folder: string) => Promise<void>} build fills the folder
 */
export async function artefact(name, madeFrom, build) {
  const folder = join(cacheDir(), `${name}-${hashOf(madeFrom)}`)
  if (existsSync(folder)) {
    const now = new Date()
    utimesSync(folder, now, now) // the time of last use, for `removeUnused`
    return folder
  }
  return withLock(folder, async () => {
    if (existsSync(folder)) return folder // another process made it during the wait
    mkdirSync(cacheDir(), { recursive: true })
    // This process holds the lock, so any incomplete folder here belongs to an interrupted build.
    for (const left of readdirSync(cacheDir())) {
      if (left.startsWith(`.${name}-`)) rmSync(join(cacheDir(), left), { recursive: true, force: true })
    }
    const building = mkdtempSync(join(cacheDir(), `.${name}-`))
    chmodSync(building, 0o755) // all users of a guest need its root
    try {
      await build(building)
      renameSync(building, folder)
    } catch (error) {
      rmSync(building, { recursive: true, force: true })
      throw error
    }
    removeUnused(name, folder)
    return folder
  })
}

// Removes earlier versions of an artefact that no checkout has used for a fortnight.
/** @param {string} name @param {string} keep */
function removeUnused(name, keep) {
  for (const other of readdirSync(cacheDir())) {
    const folder = join(cacheDir(), other)
    if (!other.startsWith(`${name}-`) || folder === keep) continue
    if (Date.now() - statSync(folder).mtimeMs > 14 * 86_400_000) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs one thing at a time, across all processes. The lock is a socket in Linux's abstract namespace. The kernel releases it when its
 * holder dies, so there are no stale locks.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(name, work, onWait) {
  const address = `\0brickwork-lock-${hashOf(name)}`
  for (let waited = false; ; waited = true) {
    const server = createServer()
    if (await listens(server, address)) {
      try {
        return await work()
      } finally {
        server.close()
      }
    }
    if (!waited) onWait?.()
    await sleep(100)
  }
}

/** @param {import('node:net').Server} server @param {string} address @returns {Promise<boolean>} false: another process has it */
function listens(server, address) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(address, () => {
      resolve(true)
    })
  })
}
