import type { Limits, PartialPolicy, Policy } from '../api/policy.js'

export const defaultPolicy: Policy = {
  multipath: 'prefer',
  paths: { min: 1, want: 'all', graceMs: 2000 },
  ready: 'udev',
  identity: 'agree',
  lun: { waitMs: 'deadline' },
  assemble: 'multipathd',
  iscsid: 'iscsiadm',
  onNoPaths: 'fail',
  access: 'rw',
}
export const defaultLimits: Limits = { operations: 256, loginsPerPortal: 8, scansPerHost: 2 }
export const DEFAULT_TIMEOUT_MS = 60_000

/** Later layers win, key by key, also inside `paths` and `lun`. */
export function mergePolicy(...layers: (PartialPolicy | undefined)[]): Policy {
  return layers.reduce<Policy>(
    (policy, layer = {}) => ({
      ...policy,
      ...given(layer),
      paths: { ...policy.paths, ...given(layer.paths ?? {}) },
      lun: { ...policy.lun, ...given(layer.lun ?? {}) },
    }),
    defaultPolicy,
  )
}
export function mergeLimits(limits: Partial<Limits> = {}): Limits {
  return { ...defaultLimits, ...given(limits) }
}
/** A key that says `undefined` says nothing. */
function given<T extends object>(layer: T): T {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined)) as T
}
