/** The gRPC status of a failed call, for CSI node plug-ins. */
import { errorTable } from './error-table.js'
import { type BrickworkError, isBrickworkError } from './errors.js'
import { grpcCodes, type GrpcStatusName } from './grpc-status.js'

/** Status of a failed gRPC call. The callback of `@grpc/grpc-js` takes it as it is. */
export interface GrpcStatus {
  /** Number of the status: 5 for `NOT_FOUND`. */
  readonly code: number
  /** Name of the status. */
  readonly name: GrpcStatusName
  /** What failed, on which object, why, and what to do next. It contains no secrets. */
  readonly message: string
}

/**
 * The status that a CSI node plug-in answers when a call of an attacher failed:
 * - `ABORTED` if work continues or something remains (`sideEffects` is `pending` or `left`), so that the call is repeated
 * - `OUT_OF_RANGE` if a volume has become smaller
 * - `INTERNAL` for an error that is no {@link BrickworkError}
 * - else the status of the code in {@link errorTable}
 * @param error what the call threw
 */
export function toGrpcStatus(error: unknown): GrpcStatus {
  const name = isBrickworkError(error) ? statusOf(error) : 'INTERNAL'
  return { code: grpcCodes[name], name, message: error instanceof Error ? error.message : String(error) }
}

function statusOf({ code, sideEffects, details }: BrickworkError): GrpcStatusName {
  if (sideEffects === 'pending' || sideEffects === 'left') return 'ABORTED'
  if (code === 'ERR_UNSUPPORTED' && details['beforeBytes'] !== undefined) return 'OUT_OF_RANGE'
  return errorTable[code].grpc
}
