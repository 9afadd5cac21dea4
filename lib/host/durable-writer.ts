/**
 * Writes files that must survive a power cut. Waiting for the disk is the expensive part, so commits that arrive during one batch share the
 * next.
 */
import { open, rename, rm, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

import { systemError } from './errors.js'
import { inTurn } from './in-turn.js'
import type { Addon } from './native.js'
import { isAbsence } from './paths.js'
import { temporaryBeside, writeDurably } from './temporary.js'

export interface DurableChange {
  /** Path as this process sees it. */
  readonly realPath: string
  /** Path for error messages. */
  readonly hostPath: string
  readonly text: string | undefined
  readonly mode: number
}
/** The calls of the addon. */
export type Disk = Pick<Addon, 'replaceFile' | 'syncDirectory'>
interface Commit {
  readonly changes: readonly DurableChange[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}
interface Step {
  readonly change: DurableChange
  readonly temporary: string | undefined
}
interface Staged {
  readonly commit: Commit
  /** What is still to be put in place. */
  readonly steps: readonly Step[]
}

/** The addon's lane for files has four threads, as libuv has; fsync may occupy two of them. */
const AT_ONCE = 2

export class DurableWriter {
  readonly #disk: () => Disk | undefined
  #waiting: Commit[] = []
  #running = false
  #count = 0

  /** @param disk what the addon does in one call each; without it, node:fs does the same in several */
  constructor(disk: () => Disk | undefined) {
    this.#disk = disk
  }
  /** Number of batches written, each of which waited for the disk. */
  get count(): number {
    return this.#count
  }
  commit(changes: readonly DurableChange[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }
  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      this.#count += 1
      await writeBatch(this.#disk(), this.#waiting.splice(0))
    }
    this.#running = false
  }
}

/** A commit that fails does not fail the other commits of its batch. */
async function writeBatch(disk: Disk | undefined, batch: readonly Commit[]): Promise<void> {
  const staged = (await inTurn(batch, AT_ONCE, (commit) => stage(disk, batch, commit))).filter((one) => one !== undefined)
  const replaced: Commit[] = []
  for (const one of staged) if (await putInPlace(one)) replaced.push(one.commit)
  const failures = await syncDirectories(disk, replaced)
  for (const commit of replaced) {
    const failure = commit.changes.map((change) => failures.get(dirname(change.realPath))).find((error) => error !== undefined)
    if (failure === undefined) commit.resolve()
    else commit.reject(failure)
  }
}

async function stage(disk: Disk | undefined, batch: readonly Commit[], commit: Commit): Promise<Staged | undefined> {
  const steps: Step[] = []
  for (const change of commit.changes) {
    const temporary = change.text === undefined ? undefined : temporaryBeside(change.realPath)
    steps.push({ change, temporary })
    if (temporary === undefined || change.text === undefined) continue
    try {
      if (disk === undefined || !isAlone(batch, commit)) await writeDurably(temporary, change.text, change.mode)
      else {
        await disk.replaceFile(change.realPath, temporary, Buffer.from(change.text), change.mode, true)
        return { commit, steps: [] }
      }
    } catch (error) {
      await discard(steps)
      commit.reject(systemError(error, change.hostPath))
      return undefined
    }
  }
  return { commit, steps }
}
/** Whether this commit replaces one file, and no other of the batch changes it: then it need not wait until the others are staged. */
function isAlone(batch: readonly Commit[], { changes: [only, ...more] }: Commit): boolean {
  if (only === undefined || more.length > 0) return false
  return batch.filter(({ changes }) => changes.some(({ realPath }) => realPath === only.realPath)).length === 1
}

async function putInPlace({ commit, steps }: Staged): Promise<boolean> {
  for (const [index, { change, temporary }] of steps.entries()) {
    try {
      if (temporary === undefined) await unlink(change.realPath)
      else await rename(temporary, change.realPath)
    } catch (error) {
      if (temporary === undefined && isAbsence(error)) continue
      await discard(steps.slice(index))
      commit.reject(systemError(error, change.hostPath))
      return false
    }
  }
  return true
}

async function syncDirectories(disk: Disk | undefined, commits: readonly Commit[]): Promise<Map<string, Error>> {
  const directories = new Map(commits.flatMap(({ changes }) => changes.map((change) => [dirname(change.realPath), change.hostPath])))
  const failures = new Map<string, Error>()
  await inTurn([...directories], AT_ONCE, async ([directory, hostPath]) => {
    try {
      await (disk === undefined ? syncDirectory(directory) : disk.syncDirectory(directory))
    } catch (error) {
      failures.set(directory, systemError(error, dirname(hostPath)))
    }
  })
  return failures
}

/** Makes the names in a directory durable. Does nothing when the directory no longer exists. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    await using handle = await open(directory, 'r')
    await handle.sync()
  } catch (error) {
    if (!isAbsence(error)) throw error
  }
}

async function discard(steps: Staged['steps']): Promise<void> {
  for (const { temporary } of steps) if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => undefined)
}
