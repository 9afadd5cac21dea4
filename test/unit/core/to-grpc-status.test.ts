import { describe, expect, test } from 'vitest'
import { errorTable } from '../../../lib/core/error-table.js'
import { BrickworkError, errorCodes } from '../../../lib/core/errors.js'
import { toGrpcStatus } from '../../../lib/core/to-grpc-status.js'

/** grpc/grpc, doc/statuscodes.md. */
const NUMBERS: Readonly<Record<string, number>> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
}

describe('the gRPC status of a failure', () => {
  test.each(errorCodes)('%s has the status of the table, with its number', (code) => {
    const { grpc } = errorTable[code]
    expect(toGrpcStatus(new BrickworkError(code, 'why'))).toEqual({ code: NUMBERS[grpc], name: grpc, message: 'why' })
    expect(NUMBERS[grpc]).toBeGreaterThan(0)
  })
  test.each(['pending', 'left'] as const)('is ABORTED if something is %s, so that the call is repeated', (sideEffects) => {
    for (const code of errorCodes) expect(toGrpcStatus(new BrickworkError(code, '', { sideEffects })).name).toBe('ABORTED')
  })
  test('is the usual one if everything was rolled back', () => {
    expect(toGrpcStatus(new BrickworkError('ERR_TIMEOUT', '', { sideEffects: 'undone' })).name).toBe('DEADLINE_EXCEEDED')
  })
  test('is OUT_OF_RANGE only for a volume that has become smaller', () => {
    expect(toGrpcStatus(new BrickworkError('ERR_UNSUPPORTED', '', { details: { beforeBytes: 2, sizeBytes: 1 } })).name).toBe('OUT_OF_RANGE')
    expect(toGrpcStatus(new BrickworkError('ERR_UNSUPPORTED', '')).name).toBe('FAILED_PRECONDITION')
  })
  test.each([
    [new TypeError('x is undefined'), 'x is undefined'],
    ['text', 'text'],
  ])('is INTERNAL for an error of another kind: %s', (error, message) => {
    expect(toGrpcStatus(error)).toEqual({ code: 13, name: 'INTERNAL', message })
  })
})
