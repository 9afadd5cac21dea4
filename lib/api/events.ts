/** Events that an attacher reports: plain data. */
import type { WaitHolder } from '../core/error-data.js'
import type { ErrorCode, SideEffects } from '../core/errors.js'
import type { StepName } from '../core/step-name.js'

export type { StepName } from '../core/step-name.js'

/** Operations, as events name them. */
export type OperationName = 'attach' | 'detach' | 'resize' | 'heal' | 'forget' | 'recover'
/** How an operation or a step ended. `unexpected`: an error that is no `BrickworkError`, which is a defect; the call rejects with it. */
export type Outcome = 'ok' | ErrorCode | 'unexpected'
/**
 * An event of {@link Attacher.events}. `type` selects the type. `id` is empty if a recovery removes objects that belong to no attachment.
 * - `operation:start`, `operation:end`: an operation begins and ends
 * - `step:start`, `step:end`: a step of it begins and ends
 * - `note`: a message for an operator that is no error
 * - `waiting`: the operation has waited for a second for a lock or a place, and who has it
 * - `missed`: this reader was too slow, and has lost events
 * - `map:unmanaged`: with `assemble: 'direct'`, multipathd has not taken over the map within 10 s; a path of it that fails does not return
 */
export type OperationEvent =
  | {
      /** An operation begins. */
      readonly type: 'operation:start'
      /** Milliseconds since 1970. */
      readonly at: number
      /** The operation. */
      readonly operation: OperationName
      /** Id of the attachment. */
      readonly id: string
    }
  | {
      /** An operation ends. */
      readonly type: 'operation:end'
      /** Milliseconds since 1970. */
      readonly at: number
      /** The operation. */
      readonly operation: OperationName
      /** Id of the attachment. */
      readonly id: string
      /** How it ended. */
      readonly outcome: Outcome
      /** State of the host after a failure; absent after a success. */
      readonly sideEffects?: SideEffects
      /** Duration in milliseconds. */
      readonly ms: number
    }
  | {
      /** A step begins. */
      readonly type: 'step:start'
      /** Milliseconds since 1970. */
      readonly at: number
      /** Id of the attachment. */
      readonly id: string
      /** Name of the step. */
      readonly step: StepName
      /** Path that the step belongs to, if it belongs to one. */
      readonly path?: string
    }
  | {
      /** A step ends. */
      readonly type: 'step:end'
      /** Milliseconds since 1970. */
      readonly at: number
      /** Id of the attachment. */
      readonly id: string
      /** Name of the step. */
      readonly step: StepName
      /** Path that the step belongs to, if it belongs to one. */
      readonly path?: string
      /** Duration in milliseconds. */
      readonly ms: number
      /** How it ended. */
      readonly outcome: Outcome
    }
  | {
      /** A message for an operator. */
      readonly type: 'note'
      /** Milliseconds since 1970. */
      readonly at: number
      /** Id of the attachment. */
      readonly id: string
      /** The message. */
      readonly message: string
      /** Data about it. */
      readonly fields: Readonly<Record<string, unknown>>
    }
  | {
      /** The operation has waited for a second for something that another operation or another process has. Once for each wait. */
      readonly type: 'waiting'
      /** Milliseconds since 1970. */
      readonly at: number
      /** Id of the attachment. */
      readonly id: string
      /** The step that waits. Absent between steps. */
      readonly step?: StepName
      /** What is awaited, in words: a lock, or a place among the operations of a limit. */
      readonly awaited: string
      /** How long the wait has lasted, in milliseconds. */
      readonly waitedMs: number
      /** Who has it, the longest holder first; at most eight. Empty if nobody was found. */
      readonly heldBy: readonly WaitHolder[]
    }
  | {
      /** This reader did not read in time: events before this one were dropped. */
      readonly type: 'missed'
      /** Milliseconds since 1970. */
      readonly at: number
      /** Empty. */
      readonly id: string
      /** How many events were dropped. */
      readonly count: number
    }
  | {
      /** multipathd has not taken over a map that Brickwork created. */
      readonly type: 'map:unmanaged'
      /** Milliseconds since 1970. */
      readonly at: number
      /** Id of the attachment. */
      readonly id: string
      /** Name of the map. */
      readonly map: string
    }

/** Health of an attached volume. `one-path`, `no-path` and `gone` are warnings. */
export interface HealthEvent {
  /**
   * - `paths`: the health of the volume, or a path of it, has changed
   * - `access:revoked`: the kernel has removed `path`, which it was to reconnect for ever: the storage refuses this host now
   */
  readonly type: 'paths' | 'access:revoked'
  /** Milliseconds since 1970. */
  readonly at: number
  /** Id of the attachment. */
  readonly id: string
  /** Device node of the volume; empty if it is not known. */
  readonly device: string
  /**
   * - `healthy`: as many active paths as the connection names
   * - `degraded`: fewer, but more than one
   * - `one-path`: one active path of several
   * - `no-path`: no active path
   * - `gone`: the device was removed
   */
  readonly health: 'healthy' | 'degraded' | 'one-path' | 'no-path' | 'gone'
  /** Paths to which the kernel sends I/O (drivers/md/dm-mpath.c: those that are not failed). */
  readonly active: number
  /** Paths of the map; 1 for a single disk that exists. */
  readonly inMap: number
  /** Paths that the connection names. */
  readonly named: number
  /** The paths, for protocols whose paths the kernel combines itself (NVMe). Absent for others. */
  readonly paths?: readonly {
    /** The path in a few words, as events and errors name it. */
    readonly label: string
    /** The kernel's state of its controller: `live`, `connecting`, …; `removed` once the kernel has given it up. */
    readonly state: string
    /** ANA state, as the kernel spells it. */
    readonly anaState?: string
    /** Whether the kernel gives the path up by itself once it has been lost for some time. */
    readonly endsByItself: boolean
  }[]
  /** Label of the path; only in `access:revoked`. */
  readonly path?: string
}
