/**
 * Conditions that must always hold. A broken invariant is a defect of Brickwork. The operation stops before it does harm, and its journal
 * entry stays.
 */
import { channel } from 'node:diagnostics_channel'
import { BrickworkError } from './errors.js'
import type { Log } from './host.js'

export type Invariant =
  /** A map has paths of one volume only. */
  | 'one volume in a map'
  /** An object is recorded before it is created: a scan, a login, a map, a node record. */
  | 'recorded before created'
  /** A removed object is recorded, and does not belong to another program. */
  | 'only what is ours is removed'
  /** An operation takes turns only at things for which the connector of its volume names a limit. */
  | 'a scarce kind has a limit'

export interface BrokenInvariant {
  readonly invariant: Invariant
  readonly details: Readonly<Record<string, unknown>>
}

/** Channel of `node:diagnostics_channel` that publishes each {@link BrokenInvariant}. */
export const INVARIANT_CHANNEL = 'brickwork:invariant'
const invariants = channel(INVARIANT_CHANNEL)

/** @throws `ERR_INTERNAL` if the invariant doesn't hold. */
export function requireInvariant(
  { log }: { readonly log: Log },
  invariant: Invariant,
  holds: boolean,
  details: Readonly<Record<string, unknown>>,
): asserts holds {
  if (holds) return
  const broken: BrokenInvariant = { invariant, details }
  log.warn({ ...broken }, 'an invariant is broken: this is a defect of the library')
  invariants.publish(broken)
  throw new BrickworkError('ERR_INTERNAL', `An invariant is broken: ${invariant}. This is a defect of the library; the operation stopped`, {
    details: { invariant, ...details },
  })
}
