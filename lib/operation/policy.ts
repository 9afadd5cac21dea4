import type { Limits, PartialLimits, PartialPolicy, Policy } from '../api/policy.js'
import type { ConnectionForm } from '../connection/form.js'

const sharedPolicy = {
  multipath: 'prefer',
  paths: { min: 1, want: 'all', graceMs: 2000 },
  ready: 'udev',
  identity: 'agree',
  lun: { waitMs: 'deadline' },
  assemble: 'multipathd',
  onNoPaths: 'fail',
  access: 'rw',
} as const satisfies Partial<Policy>
const sharedLimits = { operations: 256, scansPerHost: 2 } as const satisfies Partial<Limits>
export const DEFAULT_TIMEOUT_MS = 60_000

/** The defaults that all transports share, and those of each transport. */
export function defaultPolicy(forms: readonly ConnectionForm[]): Policy {
  return { ...sharedPolicy, ...ofProtocols(forms, 'policy') } as unknown as Policy
}
export function defaultLimits(forms: readonly ConnectionForm[]): Limits {
  return { ...sharedLimits, ...ofProtocols(forms, 'limits') } as unknown as Limits
}
function ofProtocols(forms: readonly ConnectionForm[], part: 'policy' | 'limits'): Record<string, unknown> {
  return Object.fromEntries(forms.flatMap((form) => (form[part] === undefined ? [] : [[form.protocol, form[part].defaults]])))
}

/** Merges layers key by key, also within nested parts. Later layers take precedence. */
export function mergePolicy(defaults: Policy, ...layers: (PartialPolicy | undefined)[]): Policy {
  return layers.reduce<Policy>((policy, layer) => merged(policy, layer), defaults)
}
export function mergeLimits(defaults: Limits, limits: PartialLimits | undefined): Limits {
  return merged(defaults, limits)
}
/** A key with the value `undefined` is ignored. */
function merged<T extends object>(base: T, layer: object = {}): T {
  const changes = Object.entries(layer).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return []
    const before: unknown = base[key as keyof T]
    return [[key, isPart(before) && isPart(value) ? merged(before, value) : value]]
  })
  return { ...base, ...(Object.fromEntries(changes) as Partial<T>) }
}
function isPart(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
