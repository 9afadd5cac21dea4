import { describe, expect, test, vi } from 'vitest'

import { errorTable } from '../../../lib/core/error-table.js'
import { BrickworkError, type ErrorCode, errorCodes, isBrickworkError } from '../../../lib/core/errors.js'

describe('an error', () => {
  test('says of the host that nothing was done, unless it is told', () => {
    const error = new BrickworkError('ERR_LUN_NOT_FOUND', 'no LUN 3')
    expect(error).toMatchObject({ name: 'BrickworkError', code: 'ERR_LUN_NOT_FOUND', message: 'no LUN 3', sideEffects: 'none' })
    expect(error).toMatchObject({ step: undefined, volume: undefined, details: {}, attempts: [] })
    expect('cause' in error).toBe(false)
    expect(String(error)).toBe('BrickworkError: no LUN 3')
  })

  test('keeps its cause, also one that is undefined', () => {
    expect(new BrickworkError('ERR_ABORTED', 'ended', { cause: 'why' }).cause).toBe('why')
    expect('cause' in new BrickworkError('ERR_ABORTED', 'ended', { cause: undefined })).toBe(true)
  })

  test('learns more and forgets nothing', () => {
    const attempts = [{ path: '192.0.2.1:3260', step: 'login', code: 'ERR_TIMEOUT', message: 'silence' }] as const
    const error = new BrickworkError('ERR_TIMEOUT', 'not done', {
      step: 'login',
      volume: 'vol-1',
      sideEffects: 'pending',
      retryable: false,
      details: { awaited: 'a', ms: 1 },
      attempts,
      cause: 'why',
    })
    const more = error.with({ details: { ms: 2, timeoutMs: 4 } })
    expect(more).toMatchObject({ code: 'ERR_TIMEOUT', message: 'not done', step: 'login', volume: 'vol-1', cause: 'why', attempts })
    expect(more).toMatchObject({ sideEffects: 'pending', retryable: false, details: { awaited: 'a', ms: 2, timeoutMs: 4 } })
    expect(more.stack).toBe(error.stack)
    expect(error.details).toEqual({ awaited: 'a', ms: 1 })
  })

  test('takes what it is given over what it knew', () => {
    const error = new BrickworkError('ERR_BUSY', 'busy', { step: 'login', cause: 'old' })
    const more = error.with({ step: 'roll-back', sideEffects: 'left', retryable: false, volume: 'v', attempts: [], cause: 'new' })
    expect(more).toMatchObject({ step: 'roll-back', sideEffects: 'left', retryable: false, volume: 'v', cause: 'new' })
    expect('cause' in new BrickworkError('ERR_BUSY', 'busy').with({ step: 'roll-back' })).toBe(false)
  })
})

/** Docs and callers rely on this list: a code may be added, none may be removed. */
const worthAnotherTry: Record<string, boolean> = {
  ERR_INVALID_ARGUMENT: false,
  ERR_NOT_ATTACHED: false,
  ERR_UNSUPPORTED: false,
  ERR_TARGET_UNREACHABLE: true,
  ERR_TARGET_NOT_FOUND: false,
  ERR_TARGET_REFUSED: false,
  ERR_AUTHENTICATION: false,
  ERR_LUN_NOT_FOUND: true,
  ERR_PATH_INACCESSIBLE: true,
  ERR_TIMEOUT: true,
  ERR_ABORTED: false,
  ERR_BUSY: true,
  ERR_HELD: true,
  ERR_CONFLICT: false,
  ERR_MULTIPATH_UNAVAILABLE: false,
  ERR_MULTIPATH_NOT_FORMED: true,
  ERR_IDENTITY_MISMATCH: false,
  ERR_IDENTITY_CONFLICT: false,
  ERR_IDENTITY_UNKNOWN: false,
  ERR_RESIZE_NOT_CONVERGED: true,
  ERR_DETACH_INCOMPLETE: true,
  ERR_STATE: false,
  ERR_TOOL_MISSING: false,
  ERR_TOOL_FAILED: false,
  ERR_DAEMON_UNREACHABLE: true,
  ERR_PERMISSION: false,
  ERR_KERNEL: false,
  ERR_STUCK_IN_KERNEL: true,
  ERR_PARSE: false,
  ERR_NATIVE_UNAVAILABLE: false,
  ERR_UNSUPPORTED_PLATFORM: false,
  ERR_INTERNAL: false,
}

describe('the codes', () => {
  test('are there for good, each once', () => {
    expect(errorCodes).toEqual(expect.arrayContaining(Object.keys(worthAnotherTry)))
    expect(Object.keys(errorTable)).toEqual([...errorCodes])
    expect(new Set(errorCodes).size).toBe(errorCodes.length)
  })

  test.each(Object.entries(worthAnotherTry))('%s is worth another try: %s, unless the error says otherwise', (code, retryable) => {
    expect(new BrickworkError<ErrorCode>(code as ErrorCode, '').retryable).toBe(retryable)
    expect(new BrickworkError(code as ErrorCode, '', { retryable: !retryable }).retryable).toBe(!retryable)
  })
})

const held = { details: { device: '/dev/sda', holders: [], unseen: [] } }

describe('telling our errors from others', () => {
  test('goes by code', () => {
    const error: unknown = new BrickworkError('ERR_HELD', 'mounted', held)
    expect([isBrickworkError(error), isBrickworkError(error, 'ERR_HELD'), isBrickworkError(error, 'ERR_BUSY')]).toEqual([true, true, false])
    for (const other of [new TypeError('x'), { code: 'ERR_HELD', message: 'mounted' }, 'ERR_HELD', undefined, null])
      expect(isBrickworkError(other)).toBe(false)
  })

  test('works between two copies of this package', async () => {
    vi.resetModules()
    const copy = await import('../../../lib/core/errors.js')
    const theirs: unknown = new copy.BrickworkError('ERR_HELD', 'mounted', held)
    expect(copy.BrickworkError).not.toBe(BrickworkError)
    expect(theirs).toBeInstanceOf(BrickworkError)
    expect(new Error('x')).not.toBeInstanceOf(BrickworkError)
    expect([isBrickworkError(theirs, 'ERR_HELD'), copy.isBrickworkError(new BrickworkError('ERR_HELD', 'mounted', held))]).toEqual([
      true,
      true,
    ])
  })
})
