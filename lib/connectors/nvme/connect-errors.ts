/** What the error of a write to `/dev/nvme-fabrics` means. The kernel puts the reason only into its log. */
import { BrickworkError, type ErrorCode } from '../../core/errors.js'
import type { PortalPath } from './portal-path.js'

interface Meaning {
  readonly code: ErrorCode
  readonly reason: string
  /** Whether a further try may succeed without any other change. */
  readonly again: boolean
}
const meaning = (code: ErrorCode, again: boolean, reason: string): Meaning => ({ code, again, reason })
const unreachable = (reason: string): Meaning => meaning('ERR_TARGET_UNREACHABLE', true, reason)

/** drivers/nvme/host/{fabrics,tcp,core}.c. `EALREADY` is none of these: an equal controller exists, or is being created or removed. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: unreachable('nothing listens there'),
  ECONNRESET: unreachable('it closed the connection'),
  EPIPE: unreachable('it closed the connection'),
  EHOSTUNREACH: unreachable('there is no route'),
  ENETUNREACH: unreachable('there is no route'),
  ETIMEDOUT: unreachable('no answer in time'),
  EAGAIN: unreachable('no answer to the greeting in time'),
  EPROTO: unreachable('it broke the protocol'),
  EADDRNOTAVAIL: meaning('ERR_INVALID_ARGUMENT', false, 'hostAddress is not an address of this host'),
  ENODEV: meaning('ERR_INVALID_ARGUMENT', false, 'hostInterface is not a network interface of this host'),
  EIO: meaning('ERR_TARGET_NOT_FOUND', false, 'it has no such subsystem, or refuses this host'),
  EINVAL: meaning(
    'ERR_TARGET_REFUSED',
    false,
    'the kernel refused the connection: the subsystem allows no further controller, or answered nonsense',
  ),
  EKEYREJECTED: meaning('ERR_AUTHENTICATION', false, 'it refused the secret'),
  ENOKEY: meaning('ERR_AUTHENTICATION', false, 'it demands a secret'),
  EOPNOTSUPP: meaning('ERR_UNSUPPORTED', false, 'it needs what this kernel does not have'),
  ENOMEM: meaning('ERR_KERNEL', true, 'the kernel has no memory or no queue for it'),
  EBUSY: meaning('ERR_BUSY', true, 'the driver is being unloaded'),
  EINTR: meaning('ERR_BUSY', true, 'the connect was interrupted'),
  EACCES: meaning('ERR_PERMISSION', false, 'not root with CAP_SYS_ADMIN'),
  EPERM: meaning('ERR_PERMISSION', false, 'not root with CAP_SYS_ADMIN'),
}

/** The error of a connect that the kernel ended with this errno. */
export function connectError({ label, nqn }: PortalPath, errno: string): BrickworkError {
  const { code, reason, again } = MEANINGS[errno] ?? meaning('ERR_KERNEL', false, 'the connect failed')
  return new BrickworkError(code, `Portal ${label} did not connect to ${nqn}: ${reason} (${errno}); the kernel's log may say more`, {
    retryable: again,
    details: { portal: label, target: nqn, errno },
  })
}
