/**
 * The `Files` port over the addon and node:fs, only for sysfs, procfs and state files. libuv has four threads, and a device node could block
 * one forever.
 */
import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, readdir, readlink, unlink } from 'node:fs/promises'

import { isBrickworkError } from '../core/errors.js'
import type { FileChange, Files, FileStat } from '../core/host.js'
import { deviceNumber } from './device-number.js'
import { DurableWriter } from './durable-writer.js'
import { errnoOf, systemError } from './errors.js'
import { decodeFiles, textOf } from './files-decoder.js'
import type { Addon } from './native.js'
import { makeDirectory } from './make-directory.js'
import { IN_MEMORY, isAbsence, type Paths } from './paths.js'
import { replaceLink, temporaryBeside } from './temporary.js'

/** The error of reads in /proc when the process ends during the read. */
const VANISHED = 'ESRCH'
/** Without O_NONBLOCK, opening a FIFO that stands in for a file would block a thread. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

type FileAddon = Pick<Addon, 'replaceFile' | 'readFiles' | 'syncDirectory'>

export class RootedFiles implements Files {
  readonly #paths: Paths
  readonly #addon: () => FileAddon
  readonly #writer = new DurableWriter(() => this.#addonIfAny())

  constructor(paths: Paths, addon: () => FileAddon) {
    this.#paths = paths
    this.#addon = addon
  }
  /** Number of batches that waited for the disk, for tests and measurements. */
  get durableWrites(): number {
    return this.#writer.count
  }

  async read(path: string): Promise<string | undefined> {
    const bytes = await this.readBytes(path)
    return bytes && textOf(bytes)
  }
  async readBytes(path: string): Promise<Uint8Array | undefined> {
    const [bytes] = await this.#readAll([path])
    return bytes
  }
  async readFiles(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
    return (await this.#readAll(paths)).map((bytes) => bytes && textOf(bytes))
  }
  async list(path: string): Promise<string[]> {
    const real = await this.#paths.real(path, 'follow')
    return await listedSurely(async () => ((await orAbsent(path, async () => await readdir(real))) ?? []).sort())
  }
  resolve(path: string): Promise<string | undefined> {
    return this.#paths.resolve(path)
  }
  async readLink(path: string): Promise<string | undefined> {
    const real = await this.#paths.real(path, 'keep')
    return await orAbsent(path, async () => {
      try {
        return await readlink(real)
      } catch (error) {
        if (errnoOf(error) === 'EINVAL') return undefined // it exists, but is not a link
        throw error
      }
    })
  }
  async stat(path: string): Promise<FileStat | undefined> {
    const real = await this.#paths.real(path, 'keep')
    return await orAbsent(path, async () => describe(await lstat(real, { bigint: true })))
  }

  async makeDirectory(path: string, mode: number): Promise<void> {
    const real = await this.#paths.real(path, 'follow')
    await makeDirectory(path, real, mode)
  }
  async commit(changes: readonly FileChange[]): Promise<void> {
    const real = await Promise.all(
      changes.map(async ({ path, text, mode }) => ({ hostPath: path, realPath: await this.#paths.real(path, 'keep'), text, mode })),
    )
    await this.#writer.commit(real)
  }
  async replace(path: string, text: string, mode: number): Promise<void> {
    const real = await this.#paths.real(path, 'keep')
    await named(path, () => this.#addon().replaceFile(real, temporaryBeside(real), Buffer.from(text), mode))
  }
  async append(path: string, text: string, mode: number): Promise<void> {
    const real = await this.#paths.real(path, 'keep')
    await named(path, async () => {
      await using handle = await open(real, APPEND, mode)
      await handle.writeFile(text)
    })
  }
  async remove(path: string): Promise<boolean> {
    const real = await this.#paths.real(path, 'keep')
    const removed = await orAbsent(path, async () => {
      await unlink(real)
      return true
    })
    return removed ?? false
  }
  async link(path: string, target: string): Promise<void> {
    const real = await this.#paths.real(path, 'keep')
    await named(path, () => replaceLink(real, target))
  }

  async #readAll(paths: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const real = await Promise.all(paths.map((path) => this.#paths.real(path, 'follow')))
    const addon = this.#addonIfAny()
    if (addon === undefined) return await Promise.all(real.map((file, place) => readByNode(file, paths[place] ?? file)))
    try {
      return decodeFiles(
        await addon.readFiles(
          real,
          paths.every((path) => IN_MEMORY.test(path)),
        ),
      )
    } catch (error) {
      const place = error instanceof Error && 'path' in error ? real.findIndex((file) => file === error.path) : -1
      throw systemError(error, paths[place])
    }
  }
  /** Queries of a host work without the native part. */
  #addonIfAny(): FileAddon | undefined {
    try {
      return this.#addon()
    } catch (error) {
      if (isBrickworkError(error, 'ERR_NATIVE_UNAVAILABLE') || isBrickworkError(error, 'ERR_UNSUPPORTED_PLATFORM')) return undefined
      throw error
    }
  }
}

async function readByNode(real: string, path: string): Promise<Buffer | undefined> {
  return await orAbsent(path, async () => {
    await using handle = await open(real, READ)
    return await handle.readFile()
  })
}

async function orAbsent<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isAbsence(error) || errnoOf(error) === VANISHED) return undefined
    throw systemError(error, path)
  }
}

async function named(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw systemError(error, path)
  }
}

function describe(stat: BigIntStats): FileStat {
  const isDevice = stat.isBlockDevice() || stat.isCharacterDevice()
  return {
    type: typeOf(stat),
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    device: isDevice ? deviceNumber(stat.rdev) : undefined,
    modifiedMs: Number(stat.mtimeNs / 1_000_000n),
    changedMs: Number(stat.ctimeNs / 1_000_000n),
    inode: stat.ino.toString(),
  }
}

function typeOf(stat: BigIntStats): FileStat['type'] {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'link'
  return stat.isBlockDevice() ? 'block' : 'other'
}

/** Limit for a directory that changes so often that no two listings agree. */
const MOST_LISTINGS = 5

/**
 * One listing of a changing directory may omit a name that existed throughout. The name may be of a replaced file, or the neighbour of a
 * removed one (readdir(3p); fs/kernfs/dir.c). Lists until two listings agree, and returns the last of them. After five listings that
 * differ, returns every name seen in any of them.
 */
export async function listedSurely(list: () => Promise<readonly string[]>): Promise<string[]> {
  let last = await list()
  const all = new Set(last)
  for (let listings = 1; listings < MOST_LISTINGS; listings++) {
    const again = await list()
    if (again.length === last.length && again.every((name, index) => name === last[index])) return [...again]
    for (const name of again) all.add(name)
    last = again
  }
  return [...all].sort()
}
