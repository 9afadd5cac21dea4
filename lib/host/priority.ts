/** The priority of this process beside others. */
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { BrickworkError } from '../core/errors.js'
import { errnoOf } from './errors.js'

const THREADS = '/proc/self/task'

/**
 * Gives every thread of this process the nice value: setpriority(2) takes one thread at a time. Threads and programs that start later inherit it.
 * @param set for tests
 * @throws `ERR_PERMISSION` if this process may not have it: a lower value needs CAP_SYS_NICE, or RLIMIT_NICE. Then no thread was changed.
 */
export function prioritize(nice: number, set: (thread: number, nice: number) => void = setPriority): void {
  for (const thread of readdirSync(THREADS)) {
    try {
      set(Number(thread), nice)
    } catch (error) {
      const errno = errnoOf(error)
      // The thread has just ended.
      if (errno === 'ESRCH') continue
      const message = `limits.priority: this process may not have the nice value ${nice}: it needs CAP_SYS_NICE`
      throw new BrickworkError('ERR_PERMISSION', message, { cause: error, details: { errno, syscall: 'setpriority' } })
    }
  }
}
