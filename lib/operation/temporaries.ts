import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'

/** Files are written beside their place and renamed; a process that is killed leaves its own behind. */
const TEMPORARY = /^\.brickwork-.*\.tmp$/
/** Nobody writes a file of a few kilobytes for so long. */
const ABANDONED_MS = 600_000

/** Removes what killed writers left in a directory of ours. What can't be removed is harmless, and said in the log. */
export async function removeTemporaries(host: Host, directory: string): Promise<void> {
  try {
    for (const name of (await host.files.list(directory)).filter((each) => TEMPORARY.test(each))) {
      const path = `${directory}/${name}`
      const there = await host.files.stat(path)
      if (there !== undefined && host.clock.wallMs() - there.modifiedMs > ABANDONED_MS) await host.files.remove(path)
    }
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    host.log.warn({ directory, error }, 'temporary files of writers that were killed could not be removed')
  }
}
