import { Claims } from '../../../lib/operation/claims.js'
import { Coordinator } from '../../../lib/operation/coordinator.js'
import type { Entry } from '../../../lib/operation/entry.js'
import { Operation } from '../../../lib/operation/operation.js'
import { defaultLimits, defaultPolicy, mergePolicy } from '../../../lib/operation/policy.js'
import { forms } from '../../../lib/connectors/index.js'
import { Deadline } from '../../../lib/core/deadline.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import type { OperationEvent } from '../../../lib/api/events.js'
import type { PartialPolicy } from '../../../lib/api/policy.js'

export const POLICY = defaultPolicy(forms)
export const LIMITS = defaultLimits(forms)
export const BOOT = '1b4e28ba-2fa1-4d2a-883f-0016d3cca427'

/** An attached volume of owner `agent`. */
export function entryOf(id: string, more: Partial<Entry> = {}): Entry {
  return {
    schema: 2,
    id,
    owner: 'agent',
    boot: BOOT,
    state: 'attached',
    pid: 400,
    atMs: 1_767_225_600_000,
    connection: { protocol: 'local', path: '/dev/vdb' },
    objects: [{ kind: 'device', key: 'device 254:16', origin: 'found', data: { name: 'vdb', diskseq: null, size: 7 } }],
    pending: [],
    layers: [],
    publications: [],
    result: null,
    ...more,
  }
}

/** A disk as the result of an attach. */
export function resultOf(more: Partial<NonNullable<Entry['result']>> & { readonly device: string }): NonNullable<Entry['result']> {
  const identity = { path: more.device, identity: null, sizeBytes: 1, logicalBlockSize: 512, readOnly: false }
  return { kind: 'block', ...identity, paths: [], named: 1, stableLink: null, ...more }
}

export interface Worked {
  readonly operation: Operation
  readonly deadline: Deadline
  readonly events: OperationEvent[]
}
/** An operation on the attachment `v` of owner `agent`. */
export async function operationOn(
  host: FakeHost,
  { policy, force, timeoutMs = 60_000 }: { readonly policy?: PartialPolicy; readonly force?: boolean; readonly timeoutMs?: number } = {},
): Promise<Worked> {
  const events: OperationEvent[] = []
  const claims = new Claims(host, '/run/brickwork', BOOT)
  await claims.open()
  const context = {
    host,
    owner: 'agent',
    runDir: '/run/brickwork',
    claims,
    coordinator: new Coordinator(host, LIMITS),
    publish: (event: OperationEvent) => void events.push(event),
  }
  const deadline = new Deadline(host.clock, timeoutMs)
  const options = { policy: mergePolicy(POLICY, policy), ...(force === undefined ? {} : { force }) }
  return { operation: new Operation(context, entryOf('v', { state: 'attaching', objects: [] }), deadline, options), deadline, events }
}
