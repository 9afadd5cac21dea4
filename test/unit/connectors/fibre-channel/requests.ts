/** Checks of Fibre Channel connections as the library makes them. */
import { expect } from 'vitest'

import type { FibreChannelConnection } from '../../../../lib/api/fibre-channel-connection.js'
import { parseCinder } from '../../../../lib/connection/cinder.js'
import type { ConnectionForm } from '../../../../lib/connection/form.js'
import { checksOf } from '../../../../lib/connection/schema.js'
import { fibreChannelForm } from '../../../../lib/connectors/fibre-channel/connection.js'

const form = fibreChannelForm as unknown as ConnectionForm
const checks = checksOf([form])

export const [A, B] = ['500a098290000001', '500a098290000002'] as const
export const [LEFT, RIGHT] = ['21000024ff4c1a2e', '21000024ff4c1a2f'] as const

export function checked(value: unknown): FibreChannelConnection {
  return checks.connection(value) as unknown as FibreChannelConnection
}
export function canonical(value: unknown): unknown {
  return fibreChannelForm.canonical(checked(value))
}
/** Canonical, from Cinder's `data`. */
export function fromCinder(data: object, type = 'fibre_channel'): unknown {
  return canonical(parseCinder({ driver_volume_type: type, data }, [form]))
}
/** The field that the error of a refused connection names. Its message begins with it, and never contains a value. */
export function refused(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', retryable: false, sideEffects: 'none' })
    const { message, details } = error as { message: string; details: { field: unknown } }
    expect(message.startsWith(`${String(details.field)}: `), message).toBe(true)
    expect(message).not.toContain('sesame')
    return details.field
  }
  return expect.unreachable('it was accepted')
}
