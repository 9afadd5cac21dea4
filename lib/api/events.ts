/** What an attacher tells of its own accord: plain data. */
import type { ErrorCode, SideEffects } from '../core/errors.js'

/** What an operation does one after another, as events, timings and errors name it. A step that waits is one by itself. */
export type StepName =
  | 'admit'
  | 'journal'
  | 'clean-up'
  | 'resolve-paths'
  | 'discover-portals'
  | 'probe'
  | 'login'
  | 'scan'
  | 'find'
  | 'verify'
  | 'assemble'
  | 'set-read-only'
  | 'wait-ready'
  | 'commit'
  | 'roll-back'
  | 'resolve-login'
  | 'check-paths'
  | 'check-users'
  | 'flush'
  | 'remove-map'
  | 'delete'
  | 'logout'
  | 'delete-record'
  | 'wait-forgotten'
  | 'read-capacity'
  | 'rescan'
  | 'resize-map'
  | `wait-for-${string}`
export type OperationName = 'attach' | 'detach' | 'resize' | 'recover'
/** `unexpected`: an error that is not of this library's own, which is a defect of it; it is thrown as it is. */
export type Outcome = 'ok' | ErrorCode | 'unexpected'
/** `id` is empty where a recovery removes objects that belong to no attachment. */
export type OperationEvent =
  | { readonly type: 'operation:start'; readonly at: number; readonly operation: OperationName; readonly id: string }
  | {
      readonly type: 'operation:end'
      readonly at: number
      readonly operation: OperationName
      readonly id: string
      readonly outcome: Outcome
      readonly sideEffects?: SideEffects
      readonly ms: number
    }
  | { readonly type: 'step:start'; readonly at: number; readonly id: string; readonly step: StepName; readonly path?: string }
  | {
      readonly type: 'step:end'
      readonly at: number
      readonly id: string
      readonly step: StepName
      readonly path?: string
      readonly ms: number
      readonly outcome: Outcome
    }
  | {
      readonly type: 'note'
      readonly at: number
      readonly id: string
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  /** With `assemble: 'direct'`: multipathd has not taken over the map within 10 s. A path of it that fails does not come back by itself. */
  | { readonly type: 'map:unmanaged'; readonly at: number; readonly id: string; readonly map: string }

/** The health of an attached volume. `one-path`, `no-path` and `gone` are warnings. */
export interface HealthEvent {
  readonly type: 'paths'
  /** Milliseconds since 1970. */
  readonly at: number
  readonly id: string
  readonly device: string
  /** `healthy`: as many active paths as the connection names. `degraded`: fewer, and more than one. */
  readonly health: 'healthy' | 'degraded' | 'one-path' | 'no-path' | 'gone'
  /** Paths that the kernel sends I/O to (drivers/md/dm-mpath.c: those that are not failed). */
  readonly active: number
  /** Paths of the map; 1 for a single disk that is there. */
  readonly inMap: number
  /** Paths that the connection names. */
  readonly named: number
}
