/**
 * Greets a portal before the kernel does. The kernel connects under one mutex for the whole host, for 3 s to a silent portal, and for 10 s to
 * one that accepts the connection and says nothing.
 */
import { Window } from '../../core/deadline.js'
import { BrickworkError } from '../../core/errors.js'
import type { GreetOutcome } from '../../core/host.js'
import type { Operation } from '../../operation/operation.js'
import type { PortalPath } from './portal-path.js'

const PROBE_MS = 3000
/** Length of both PDUs (NVMe/TCP 1.0, 3.6.2.2 and 3.6.2.3). */
const LENGTH = 128
const REQUEST = 0x00
const RESPONSE = 0x01
const NO_ANSWER: GreetOutcome = { outcome: 'failed', error: 'no answer' }

/** ICReq: PDU type, flags, header length, data offset, length; version, alignment, digests and R2Ts are zero. It names no host. */
const greeting = Uint8Array.of(REQUEST, 0, LENGTH, 0, LENGTH, ...new Uint8Array(LENGTH - 5))

/** @throws `ERR_TARGET_UNREACHABLE`, after 3 s at the latest. */
export async function probe({ host, signal }: Operation, { label, address, port, nqn }: PortalPath): Promise<void> {
  using window = new Window(host.clock, PROBE_MS, signal, `portal ${label}`)
  const request = { address, port, bytes: greeting, length: LENGTH }
  const outcome = await host.kernel.greet(request, window.signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (window.signal.aborted) return NO_ANSWER
    throw error
  })
  const why = outcome.outcome === 'failed' ? `cannot be reached: ${outcome.error}` : whyNoResponse(outcome.bytes)
  if (why === undefined) return
  throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Portal ${label} ${why}`, { details: { portal: label, target: nqn } })
}
function whyNoResponse(bytes: Uint8Array): string | undefined {
  const [type, , headerLength, , length] = bytes
  return bytes.length === LENGTH && type === RESPONSE && headerLength === LENGTH && length === LENGTH
    ? undefined
    : 'does not speak NVMe over TCP'
}
