/** Stable identifiers of what went wrong. Added freely, never renamed, never reused. `docs/errors.md` says for each what may be left behind. */
export const errorCodes = [
  'ERR_INVALID_ARGUMENT',
  'ERR_UNSUPPORTED',
  'ERR_TARGET_UNREACHABLE',
  'ERR_TARGET_NOT_FOUND',
  'ERR_AUTHENTICATION',
  'ERR_LUN_NOT_FOUND',
  'ERR_TIMEOUT',
  'ERR_ABORTED',
  'ERR_BUSY',
  'ERR_HELD',
  'ERR_CONFLICT',
  'ERR_MULTIPATH_UNAVAILABLE',
  'ERR_MULTIPATH_NOT_FORMED',
  'ERR_IDENTITY_MISMATCH',
  'ERR_IDENTITY_CONFLICT',
  'ERR_IDENTITY_UNKNOWN',
  'ERR_RESIZE_NOT_CONVERGED',
  'ERR_DETACH_INCOMPLETE',
  'ERR_STATE',
  'ERR_TOOL_MISSING',
  'ERR_TOOL_FAILED',
  'ERR_DAEMON_UNREACHABLE',
  'ERR_PERMISSION',
  'ERR_KERNEL',
  'ERR_STUCK_IN_KERNEL',
  'ERR_PARSE',
  'ERR_NATIVE_UNAVAILABLE',
  'ERR_UNSUPPORTED_PLATFORM',
  'ERR_INTERNAL',
] as const
export type ErrorCode = (typeof errorCodes)[number]

/** What the host looks like after the failed call: unchanged, rolled back, with pending work that is resolved later, or with leftovers. */
export type SideEffects = 'none' | 'undone' | 'pending' | 'left'

/** Codes for which the same call may succeed later without anybody changing anything else. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TARGET_UNREACHABLE',
  'ERR_LUN_NOT_FOUND',
  'ERR_TIMEOUT',
  'ERR_ABORTED',
  'ERR_BUSY',
  'ERR_HELD',
  'ERR_DAEMON_UNREACHABLE',
  'ERR_STUCK_IN_KERNEL',
  'ERR_DETACH_INCOMPLETE',
  'ERR_RESIZE_NOT_CONVERGED',
  'ERR_MULTIPATH_NOT_FORMED',
])

export interface BrickworkErrorOptions {
  readonly step?: string
  readonly sideEffects?: SideEffects
  readonly retryable?: boolean
  readonly volume?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly attempts?: readonly Attempt[]
  readonly cause?: unknown
}
/** One path that was tried. */
export interface Attempt {
  readonly path: string
  readonly code: ErrorCode
  readonly message: string
}

const brand = Symbol.for('brickwork.error')

/** The one error class of this library; match on `code`. */
export class BrickworkError extends Error {
  static {
    this.prototype.name = 'BrickworkError'
  }
  readonly [brand] = true
  readonly code: ErrorCode
  /** The step of the attach or detach that failed, as the timeline names it. */
  readonly step: string | undefined
  readonly sideEffects: SideEffects
  readonly retryable: boolean
  /** The id of the attachment. */
  readonly volume: string | undefined
  readonly details: Readonly<Record<string, unknown>>
  readonly attempts: readonly Attempt[]

  constructor(code: ErrorCode, message: string, options: BrickworkErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.step = options.step
    this.sideEffects = options.sideEffects ?? 'none'
    this.retryable = options.retryable ?? retryableCodes.has(code)
    this.volume = options.volume
    this.details = options.details ?? {}
    this.attempts = options.attempts ?? []
  }

  /** The same error with more known about it. */
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

/** Works across duplicate copies of this package, where `instanceof` does not. */
export function isBrickworkError(error: unknown, code?: ErrorCode): error is BrickworkError {
  return error instanceof Error && brand in error && (code === undefined || (error as BrickworkError).code === code)
}
