import { isBrickworkError } from '../core/errors.js'
import { checks } from '../forms.js'
import type { PartialPolicy } from '../index.js'
import { usageError } from './usage-error.js'

/** Merges two policies key by key, also inside their parts. */
export function mergedPolicy(lower: PartialPolicy, upper: PartialPolicy): PartialPolicy {
  const [paths, lun, iscsi, nvme] = [
    { ...lower.paths, ...upper.paths },
    { ...lower.lun, ...upper.lun },
    { ...lower.iscsi, ...upper.iscsi },
    { ...lower.nvme, ...upper.nvme },
  ]
  return { ...lower, ...upper, paths, lun, iscsi, nvme }
}

/** @throws `ERR_INVALID_ARGUMENT` naming the option and the field */
export function checkedPolicy(policy: unknown): PartialPolicy {
  try {
    return checks.policy(policy)
  } catch (error) {
    throw isBrickworkError(error) ? usageError('--policy', `--policy: ${error.message}`) : error
  }
}
