/** The options of an attacher's calls. */
import type { AttachCall, CloseCall, DetachCall, EnumerateCall, ResizeCall } from '../api/attacher.js'
import type { Call } from '../api/call.js'
import type { DoctorCall } from '../api/doctor.js'
import type { ForgetCall } from '../api/forget.js'
import type { HealCall } from '../api/heal.js'
import type { RecoverCall } from '../api/recovery.js'
import { type OptionKinds, requireKnownOptions } from '../core/known-options.js'

const call = { signal: 'signal', timeoutMs: 'any' } as const satisfies OptionKinds<Call>
const kinds = {
  attach: { ...call, refreshSecrets: 'function' } satisfies OptionKinds<AttachCall>,
  detach: { ...call, force: 'boolean', onNoPaths: 'any', ifMissing: 'any' } satisfies OptionKinds<DetachCall>,
  resize: { ...call, sizeBytes: 'any' } satisfies OptionKinds<ResizeCall>,
  forget: { ...call, leaveRemaining: 'boolean' } satisfies OptionKinds<ForgetCall>,
  heal: { ...call, refreshSecrets: 'function' } satisfies OptionKinds<HealCall>,
  recover: { ...call, dryRun: 'boolean', adopt: 'boolean' } satisfies OptionKinds<RecoverCall>,
  list: call,
  inspect: call,
  identity: call,
  enumerate: { ...call, askMultipathd: 'boolean' } satisfies OptionKinds<EnumerateCall>,
  doctor: { ...call, connection: 'any', deep: 'boolean', login: 'boolean' } satisfies OptionKinds<DoctorCall>,
  events: { signal: 'signal' },
  watch: call,
  follow: call,
  close: { latePaths: ['give-up', 'wait'], timeoutMs: 'any' } satisfies OptionKinds<CloseCall>,
} as const

/** The options as they are. @throws `ERR_INVALID_ARGUMENT` naming the one that is wrong, before anything of the host is read */
export function checkedCall<C extends object>(verb: keyof typeof kinds, options: C): C {
  requireKnownOptions(options, kinds[verb], `${verb}()`)
  return options
}
