import { inspect } from 'node:util'
import { expect } from 'vitest'

/** In every request of these tests, in each place for a secret. It must never appear in an error. */
export const SECRET = 'open sesame 4711'

export const target = { portal: '192.0.2.1:3260', iqn: 'iqn.2003-01.org.example:vol-1', lun: 1 }
export const connection = { protocol: 'iscsi', targets: [target], auth: { username: 'ali', secret: SECRET } }
export const request = { id: 'volume-1', connection }

/** The error that `call` throws. It must be a rejection whose message also names the field, and must not show a secret. */
export function refusal(call: () => unknown): { readonly field: unknown; readonly message: string } {
  try {
    call()
  } catch (error) {
    expect(error).toMatchObject({ name: 'BrickworkError', code: 'ERR_INVALID_ARGUMENT', retryable: false, sideEffects: 'none' })
    const { message, details } = error as { message: string; details: { field: unknown } }
    expect(message.startsWith(`${String(details.field)}: `), message).toBe(true)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('sesame')
    expect(JSON.stringify(error)).not.toContain('sesame')
    return { field: details.field, message }
  }
  return expect.unreachable('it was accepted')
}
