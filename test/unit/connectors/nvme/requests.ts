/** Checks of NVMe connections as the library makes them, while its own list of transports does not have this one. */
import { inspect } from 'node:util'
import { expect } from 'vitest'

import type { Connection, PartialPolicy } from '../../../../lib/index.js'
import type { NvmeConnection } from '../../../../lib/api/nvme-connection.js'
import { parseCinder } from '../../../../lib/connection/cinder.js'
import type { ConnectionForm } from '../../../../lib/connection/form.js'
import { checksOf } from '../../../../lib/connection/schema.js'
import { nvmeForm } from '../../../../lib/connectors/nvme/connection.js'

const form = nvmeForm as unknown as ConnectionForm
export const checks = checksOf([form])

export const NQN = 'nqn.2014-08.org.example:one'
export const UUID = '11111111-2222-4333-8444-555555555555'
export const portal = { transport: 'tcp', address: '192.0.2.1', port: 4420 } as const
export const connection = { protocol: 'nvme', nqn: NQN, portals: [portal], namespace: { uuid: UUID } } as const

export function checked(value: unknown): NvmeConnection {
  return checks.connection(value) as unknown as NvmeConnection
}
export function canonical(value: unknown): unknown {
  return nvmeForm.canonical(checked(value))
}
export function fromCinder(info: unknown): NvmeConnection {
  return checked(parseCinder(info, [form]))
}
export type { Connection, PartialPolicy }

export const SECRET = 'DHHC-1:00:open+sesame+4711:'
/** The error of a connection that is refused. It never contains a value, which may be a misplaced secret. */
export function refusal(call: () => unknown): { readonly code: string; readonly field: unknown; readonly message: string } {
  try {
    call()
  } catch (error) {
    expect(error).toMatchObject({ name: 'BrickworkError', retryable: false, sideEffects: 'none' })
    const { code, message, details } = error as { code: string; message: string; details: { field: unknown } }
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('sesame')
    expect(message.startsWith(`${String(details.field)}: `), message).toBe(true)
    return { code, field: details.field, message }
  }
  return expect.unreachable('it was accepted')
}
export function refused(call: () => unknown): unknown {
  const { code, field } = refusal(call)
  expect(code).toBe('ERR_INVALID_ARGUMENT')
  return field
}
export function unsupported(call: () => unknown): unknown {
  const { code, field } = refusal(call)
  expect(code).toBe('ERR_UNSUPPORTED')
  return field
}
