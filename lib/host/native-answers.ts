/** Answers of the addon as the `Kernel` port gives them. */
import type { ConnectOutcome, WriteOutcome } from '../core/host.js'
import { errnoName } from './errors.js'
import type { NativeWriteOutcome } from './native.js'

export function decodeWrite(outcome: NativeWriteOutcome): WriteOutcome {
  if (outcome.outcome !== 'changed') return { outcome: outcome.outcome }
  const found = outcome.found === undefined ? undefined : Buffer.from(outcome.found).toString('utf8').replace(/\n$/, '')
  return { outcome: 'changed', attribute: outcome.attribute, found }
}

export function decodeConnect(errno: number): ConnectOutcome {
  return errno === 0 ? { outcome: 'connected' } : { outcome: 'failed', error: errnoName(errno) }
}
