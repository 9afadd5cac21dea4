import { isBrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'

/** Files are written beside their final name and then renamed. A killed process leaves its temporary file. */
const TEMPORARY = /^\.brickwork-.*\.tmp$/
/** No process takes this long to write a file of a few kilobytes. */
const ABANDONED_MS = 600_000

/**
 * Removes temporary files that killed processes left in one of Brickwork's directories. Only logs files that can't be removed: they are
 * harmless.
 */
export async function removeTemporaries(host: Host, directory: string): Promise<void> {
  try {
    for (const name of (await host.files.list(directory)).filter((each) => TEMPORARY.test(each))) {
      const path = `${directory}/${name}`
      const there = await host.files.stat(path)
      if (there !== undefined && host.clock.wallMs() - there.modifiedMs > ABANDONED_MS) await host.files.remove(path)
    }
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    host.log.warn({ directory, error }, 'could not remove temporary files of killed processes')
  }
}
