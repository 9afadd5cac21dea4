/** Plans and guards as the addon takes them. */
import type { Guard } from '../core/host.js'
import type { PlanCondition } from '../core/tree.js'

export interface EncodedPlan {
  readonly attributes: readonly string[]
  readonly links: readonly string[]
  readonly children: readonly {
    readonly pattern: string
    readonly names?: readonly string[]
    readonly follow: boolean
    readonly where?: PlanCondition
    readonly node: EncodedPlan
  }[]
}
/** An {@link EncodedPlan} in which each list of names is one text, with a NUL behind each name: much faster to pass for thousands of names. */
export interface PackedPlan {
  readonly attributes: string
  readonly links: string
  readonly children: readonly {
    readonly pattern: string
    readonly names?: string
    readonly follow: boolean
    readonly where?: PlanCondition
    readonly node: PackedPlan
  }[]
}
/** `prefix`: the attribute only begins with `equals`. */
export interface EncodedGuard {
  readonly attribute: string
  readonly equals: Uint8Array
  readonly prefix?: boolean
}

export function encodeGuards(guards: readonly Guard[]): EncodedGuard[] {
  return guards.map(({ attribute, equals, prefix = false }) => ({ attribute, equals: Buffer.from(equals), prefix }))
}
