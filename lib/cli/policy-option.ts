import { isBrickworkError } from '../core/errors.js'
import { checks } from '../forms.js'
import type { PartialPolicy } from '../index.js'
import { usageError } from './usage-error.js'

/** @throws `ERR_INVALID_ARGUMENT` naming the option and the field */
export function checkedPolicy(policy: unknown): PartialPolicy {
  try {
    return checks.policy(policy)
  } catch (error) {
    throw isBrickworkError(error) ? usageError('--policy', `--policy: ${error.message}`) : error
  }
}
