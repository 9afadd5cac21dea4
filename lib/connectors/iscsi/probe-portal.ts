import type { Operation } from '../../operation/operation.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError } from '../../core/errors.js'
import type { ConnectOutcome, Host } from '../../core/host.js'
import { formatPortal, type Portal } from '../../core/portal.js'
import { LinkedSignal, NOT_NEEDED, until } from '../../core/signal.js'

const PROBE_MS = 3000
const NO_ANSWER: ConnectOutcome = { outcome: 'failed', error: 'no answer' }

/** A running probe and the number of callers that wait for it. It ends with the last of them. */
interface Probe {
  readonly outcome: Promise<ConnectOutcome>
  readonly ending: AbortController
  waiters: number
}
const underWay = new WeakMap<Host, Map<string, Probe>>()

/**
 * Connects to the portal by TCP, since iscsid would retry a dead portal for its whole window. Callers that probe the same portal share one
 * connection attempt.
 * @throws `ERR_TARGET_UNREACHABLE`, after `shareMs` at the latest.
 */
export async function probePortal({ host, signal }: Operation, portal: Portal, shareMs: number): Promise<void> {
  using window = new Window(host.clock, Math.min(PROBE_MS, shareMs), signal, `portal ${formatPortal(portal)}`)
  const outcome = await shared(host, portal, window.signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (window.signal.aborted) return NO_ANSWER
    throw error
  })
  if (outcome.outcome === 'connected') return
  throw new BrickworkError('ERR_TARGET_UNREACHABLE', `Portal ${formatPortal(portal)} cannot be reached: ${outcome.error}`, {
    details: { portal: formatPortal(portal) },
  })
}

async function shared(host: Host, portal: Portal, signal: AbortSignal): Promise<ConnectOutcome> {
  const name = formatPortal(portal)
  const probes = underWay.get(host) ?? new Map<string, Probe>()
  underWay.set(host, probes)
  const own = probes.get(name) ?? begin(host, portal)
  probes.set(name, own)
  own.waiters += 1
  const forget = () => {
    if (probes.get(name) === own) probes.delete(name)
  }
  own.outcome.then(forget, forget) // later callers probe again
  try {
    return await until(own.outcome, signal)
  } finally {
    own.waiters -= 1
    if (own.waiters === 0) {
      own.ending.abort(NOT_NEEDED)
      forget()
    }
  }
}
function begin(host: Host, { address, port }: Portal): Probe {
  const ending = new LinkedSignal()
  const outcome = host.kernel.connect(address, port, ending.signal)
  return { outcome, ending, waiters: 0 }
}
