/**
 * Writes files that must survive a power cut. Waiting for the disk is the expensive part, so commits that arrive during one batch share the
 * next.
 */
import { open, rename, rm, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

import { systemError } from './errors.js'
import { isAbsence } from './paths.js'
import { inTurn } from './in-turn.js'
import { temporaryBeside, writeDurably } from './temporary.js'

export interface DurableChange {
  /** Path as this process sees it. */
  readonly realPath: string
  /** Path for error messages. */
  readonly hostPath: string
  readonly text: string | undefined
  readonly mode: number
}
interface Commit {
  readonly changes: readonly DurableChange[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}
interface Staged {
  readonly commit: Commit
  readonly steps: readonly { readonly change: DurableChange; readonly temporary: string | undefined }[]
}

/** libuv has four threads; fsync may occupy two of them. */
const AT_ONCE = 2

export class DurableWriter {
  #waiting: Commit[] = []
  #running = false
  #count = 0

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
      await writeBatch(this.#waiting.splice(0))
    }
    this.#running = false
  }
}

/** A commit that fails does not fail the other commits of its batch. */
async function writeBatch(batch: readonly Commit[]): Promise<void> {
  const staged = (await inTurn(batch, AT_ONCE, stage)).filter((one) => one !== undefined)
  const replaced: Commit[] = []
  for (const one of staged) if (await putInPlace(one)) replaced.push(one.commit)
  const failures = await syncDirectories(replaced)
  for (const commit of replaced) {
    const failure = commit.changes.map((change) => failures.get(dirname(change.realPath))).find((error) => error !== undefined)
    if (failure === undefined) commit.resolve()
    else commit.reject(failure)
  }
}

async function stage(commit: Commit): Promise<Staged | undefined> {
  const steps: { change: DurableChange; temporary: string | undefined }[] = []
  for (const change of commit.changes) {
    const temporary = change.text === undefined ? undefined : temporaryBeside(change.realPath)
    steps.push({ change, temporary })
    if (temporary === undefined || change.text === undefined) continue
    try {
      await writeDurably(temporary, change.text, change.mode)
    } catch (error) {
      await discard(steps)
      commit.reject(systemError(error, change.hostPath))
      return undefined
    }
  }
  return { commit, steps }
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

async function syncDirectories(commits: readonly Commit[]): Promise<Map<string, Error>> {
  const directories = new Map(commits.flatMap(({ changes }) => changes.map((change) => [dirname(change.realPath), change.hostPath])))
  const failures = new Map<string, Error>()
  await inTurn([...directories], AT_ONCE, async ([directory, hostPath]) => {
    try {
      await syncDirectory(directory)
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
