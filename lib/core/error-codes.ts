import type { GrpcStatusName } from './grpc-status.js'

/** All error codes. Codes are added, never renamed or reused. `docs/errors.md` explains each, with its side effects. */
export const errorCodes = [
  'ERR_INVALID_ARGUMENT',
  'ERR_NOT_ATTACHED',
  'ERR_UNSUPPORTED',
  'ERR_TARGET_UNREACHABLE',
  'ERR_TARGET_NOT_FOUND',
  'ERR_TARGET_REFUSED',
  'ERR_AUTHENTICATION',
  'ERR_LUN_NOT_FOUND',
  'ERR_PATH_INACCESSIBLE',
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
/** Code of a {@link BrickworkError}. */
export type ErrorCode = (typeof errorCodes)[number]

/**
 * State of the host after a failed call.
 * - `none`: nothing was changed
 * - `undone`: everything that was created was rolled back
 * - `pending`: a login in progress may still succeed, or work did not stop in time; it is resolved by itself
 * - `left`: something remains; repeat the call, or call `recover()`
 */
export type SideEffects = 'none' | 'undone' | 'pending' | 'left'

/** Meaning and handling of an error code. */
export interface ErrorCodeInfo {
  /** What has happened, in a sentence of Markdown. */
  readonly meaning: string
  /** What a person does about it, in a sentence of Markdown. */
  readonly advice: string
  /** Default of {@link BrickworkError.retryable}: whether the same call may succeed later without any other change. */
  readonly retryable: boolean
  /** The usual values of {@link BrickworkError.sideEffects}. Others are possible. */
  readonly sideEffects: readonly SideEffects[]
  /** Exit code of the command line: 2 if the command itself is wrong, else 1. */
  readonly exitCode: 1 | 2
  /** Status that a CSI node plug-in answers. {@link toGrpcStatus} also considers the side effects. */
  readonly grpc: GrpcStatusName
}
