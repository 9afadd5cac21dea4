import type { Limits, PartialPolicy, Policy } from '../types.js'

export const defaultPolicy: Policy = {
  multipath: 'prefer',
  paths: { min: 1, want: 'all', graceMs: 2000 },
  ready: 'udev',
  identity: 'agree',
  lun: { waitMs: 'deadline' },
  assemble: 'multipathd',
  onNoPaths: 'fail',
  access: 'rw',
}
export const defaultLimits: Limits = { operations: 64 }
export const DEFAULT_TIMEOUT_MS = 60_000

/** Later layers win, key by key, also inside `paths` and `lun`. */
export function mergePolicy(...layers: (PartialPolicy | undefined)[]): Policy {
  return layers.reduce<Policy>(
    (policy, layer) => ({ ...policy, ...layer, paths: { ...policy.paths, ...layer?.paths }, lun: { ...policy.lun, ...layer?.lun } }),
    defaultPolicy,
  )
}
