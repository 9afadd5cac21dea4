import type { ErrorCode, SideEffects } from './error-codes.js'
import { errorTable } from './error-table.js'

export { type ErrorCode, errorCodes, type SideEffects } from './error-codes.js'

/** Fields of a {@link BrickworkError}, for its constructor. */
export interface BrickworkErrorOptions {
  /** The step that failed. */
  readonly step?: string
  /**
   * State of the host.
   * @default 'none'
   */
  readonly sideEffects?: SideEffects
  /** Whether the same call may succeed later. Default: as the code says. */
  readonly retryable?: boolean
  /** Id of the attachment. */
  readonly volume?: string
  /** Data about the failure. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Paths that were tried. */
  readonly attempts?: readonly Attempt[]
  /** The error that caused it. */
  readonly cause?: unknown
}
/** One path that was tried. */
export interface Attempt {
  /** The path in a few words. */
  readonly path: string
  /** Why it failed. */
  readonly code: ErrorCode
  /** The reason for people. */
  readonly message: string
}

const brand = Symbol.for('brickwork.error')

/** Every error that this library throws. Match on `code`; the message is for people and may change. */
export class BrickworkError extends Error {
  static {
    this.prototype.name = 'BrickworkError'
  }
  /** @internal */
  readonly [brand] = true
  /** What failed. */
  readonly code: ErrorCode
  /** The step that failed, see {@link StepName}; `undefined` if no step had begun. */
  readonly step: string | undefined
  /** State of the host after the failed call. */
  readonly sideEffects: SideEffects
  /** Whether the same call may succeed later without any other change. */
  readonly retryable: boolean
  /** Id of the attachment; `undefined` if the call is about none. */
  readonly volume: string | undefined
  /** Data about the failure, which `docs/errors.md` describes for each code. */
  readonly details: Readonly<Record<string, unknown>>
  /** One entry for each path that was tried; empty if none was. */
  readonly attempts: readonly Attempt[]

  /** For Brickwork itself, and for test doubles of an attacher. */
  constructor(code: ErrorCode, message: string, options: BrickworkErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.step = options.step
    this.sideEffects = options.sideEffects ?? 'none'
    this.retryable = options.retryable ?? errorTable[code].retryable
    this.volume = options.volume
    this.details = options.details ?? {}
    this.attempts = options.attempts ?? []
  }

  /** Returns a copy of the error with further fields. `details` are merged. */
  with(more: BrickworkErrorOptions): BrickworkError {
    const merged: BrickworkErrorOptions = {
      sideEffects: this.sideEffects,
      retryable: this.retryable,
      attempts: this.attempts,
      ...(this.step === undefined ? {} : { step: this.step }),
      ...(this.volume === undefined ? {} : { volume: this.volume }),
      ...('cause' in this ? { cause: this.cause } : {}),
      ...more,
      details: { ...this.details, ...more.details },
    }
    const error = new BrickworkError(this.code, this.message, merged)
    if (this.stack !== undefined) error.stack = this.stack
    return error
  }
}

/**
 * Whether a caught value is a {@link BrickworkError}, with this code if one is given. It works across two copies of this package, where
 * `instanceof` does not.
 */
export function isBrickworkError(error: unknown, code?: ErrorCode): error is BrickworkError {
  return error instanceof Error && brand in error && (code === undefined || (error as BrickworkError).code === code)
}
