/** Queries about a process, which may end at any time. */
import { isBrickworkError } from '../core/errors.js'

/** Returns `undefined` when the process has ended, and `refused` without permission to read it. */
export async function attempt(query: Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await query
  } catch (error) {
    if (isBrickworkError(error, 'ERR_PERMISSION')) return 'refused'
    // ESRCH: the process ended during the query. EINVAL: a zombie has no mounts.
    if (isBrickworkError(error, 'ERR_KERNEL') && ['ESRCH', 'EINVAL'].includes(String(error.details['errno']))) return undefined
    throw error
  }
}
