import type { EntryWriter } from './entry-writer.js'
import type { Operation } from './operation.js'

/**
 * For settings of the host: an operation reads each of them once, and all its paths get the same answer. A question that failed is asked
 * again.
 */
export function perOperation<T>(): (operation: Operation, key: string, ask: () => Promise<T>) => Promise<T> {
  const answers = new WeakMap<EntryWriter, Map<string, Promise<T>>>() // the parts of an operation share their writer
  return async ({ claim }, key, ask) => {
    const known = answers.get(claim) ?? new Map<string, Promise<T>>()
    answers.set(claim, known)
    const answer = known.get(key) ?? ask()
    known.set(key, answer)
    try {
      return await answer
    } catch (error) {
      known.delete(key)
      throw error
    }
  }
}
