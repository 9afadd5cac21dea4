import type { ErrorCode, SideEffects } from './error-codes.js'
import type { CommonDetails } from './error-details/common.js'
import type { DetailsOf, ErrorDetails, GivenDetails } from './error-details/details.js'
import { errorTable } from './error-table.js'
import type { StepName } from './step-name.js'

export { type ErrorCode, errorCodes, type SideEffects } from './error-codes.js'

/** Fields of a {@link BrickworkError}, for its constructor. */
export interface BrickworkErrorOptions<C extends ErrorCode = ErrorCode> {
  /** The step that failed. */
  readonly step?: StepName
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
  readonly details?: GivenDetails<C>
  /** Paths that were tried. */
  readonly attempts?: readonly Attempt[]
  /** The error that caused it. */
  readonly cause?: unknown
}
/** Further fields of an error that exists. */
export interface MoreOptions extends Omit<BrickworkErrorOptions, 'details'> {
  /** Replaces the message. */
  readonly message?: string
  /** Further data about the failure. */
  readonly details?: Partial<ErrorDetails[ErrorCode]> & CommonDetails
}
/** Options of the constructor for a code. Some codes always have details. */
export type ErrorOptionsOf<C extends ErrorCode> = object extends ErrorDetails[C]
  ? [options?: BrickworkErrorOptions<C>]
  : [options: BrickworkErrorOptions<C> & WithDetails<C>]
/** Options for a code that always has details. */
export interface WithDetails<C extends ErrorCode> {
  /** The details that the code always has. */
  readonly details: GivenDetails<C>
}
/** One path that was tried. */
export interface Attempt {
  /** The path in a few words. */
  readonly path: string
  /** The step that failed. */
  readonly step: StepName
  /** Why it failed. */
  readonly code: ErrorCode
  /** The reason for people. */
  readonly message: string
}
/** An error of any code: `code` tells the types apart, so that a `switch` narrows `details`. */
export type AnyBrickworkError = { readonly [C in ErrorCode]: BrickworkError<C> }[ErrorCode]

const brand = Symbol.for('brickwork.error')

/** Every error that this library throws. Match on `code`; the message is for people and may change. */
export class BrickworkError<C extends ErrorCode = ErrorCode> extends Error {
  static {
    this.prototype.name = 'BrickworkError'
  }
  /** Makes `instanceof` work across two copies of this package, and narrow as {@link isBrickworkError} does. */
  static override [Symbol.hasInstance](value: unknown): value is AnyBrickworkError {
    return isBrickworkError(value)
  }
  /** @internal */
  readonly [brand] = true
  /** What failed. */
  readonly code: C
  /** The step that failed; `undefined` if no step had begun. */
  readonly step: StepName | undefined
  /** State of the host after the failed call. */
  readonly sideEffects: SideEffects
  /** Whether the same call may succeed later without any other change. */
  readonly retryable: boolean
  /** Id of the attachment; `undefined` if the call is about none. */
  readonly volume: string | undefined
  /** Data about the failure: {@link ErrorDetails} has its type for each code. */
  readonly details: DetailsOf<C>
  /** One entry for each path that was tried; empty if none was. */
  readonly attempts: readonly Attempt[]

  /** For Brickwork itself, and for test doubles of an attacher. */
  constructor(code: C, message: string, ...given: ErrorOptionsOf<C>) {
    const options = (given[0] ?? {}) as BrickworkErrorOptions
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.step = options.step
    this.sideEffects = options.sideEffects ?? 'none'
    this.retryable = options.retryable ?? errorTable[code].retryable
    this.volume = options.volume
    this.details = (options.details ?? {}) as DetailsOf<C>
    this.attempts = options.attempts ?? []
  }

  /** Returns a copy of the error with further fields. `details` are merged. */
  with({ message = this.message, ...more }: MoreOptions): BrickworkError<C> {
    const merged = {
      sideEffects: this.sideEffects,
      retryable: this.retryable,
      attempts: this.attempts,
      ...(this.step === undefined ? {} : { step: this.step }),
      ...(this.volume === undefined ? {} : { volume: this.volume }),
      ...('cause' in this ? { cause: this.cause } : {}),
      ...more,
      details: { ...this.details, ...more.details },
    }
    const error = new BrickworkError<C>(this.code, message, ...([merged] as unknown as ErrorOptionsOf<C>))
    if (this.stack !== undefined) error.stack = this.stack.replace(this.message, () => message)
    return error
  }
}

/**
 * Whether a caught value is a {@link BrickworkError}, with this code if one is given. It narrows `code` and `details`, and works across two
 * copies of this package.
 */
export function isBrickworkError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is { readonly [K in C]: BrickworkError<K> }[C] {
  return error instanceof Error && brand in error && (code === undefined || (error as unknown as BrickworkError).code === code)
}
