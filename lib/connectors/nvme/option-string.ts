/** The text that connects a controller when it is written to `/dev/nvme-fabrics` (drivers/nvme/host/fabrics.c, nvmf_parse_options). */
import type { Policy } from '../../api/policy.js'
import { BrickworkError } from '../../core/errors.js'
import type { HostPair } from './host-pair.js'
import type { PortalPath } from './portal-path.js'

/** Options of Linux 5.10, which has no list of them. */
const OLDEST = ['transport', 'traddr', 'trsvcid', 'nqn', 'hostnqn', 'hostid', 'host_traddr', 'ctrl_loss_tmo', 'reconnect_delay']
/** The kernel takes at most a page, with its end. */
const MOST_BYTES = 4095

/** The names in the kernel's list: `instance=-1,cntlid=-1,transport=%s,…`. Names that are not known here are kept. */
export function knownOptions(list: string | undefined): ReadonlySet<string> {
  if (list === undefined) return new Set(OLDEST)
  return new Set(list.split(',').map((part) => part.trim().split('=')[0] ?? ''))
}

/**
 * @param total number of paths of the connection. A volume with several never gives a lost one up; with a single one the kernel's own time
 * applies, since applications would wait for ever.
 * @throws `ERR_UNSUPPORTED` for an option that the connection needs and the kernel does not have.
 */
export function optionString(
  portalPath: PortalPath,
  pair: HostPair,
  total: number,
  known: ReadonlySet<string>,
  policy: Policy['nvme'] = {},
): string {
  const needed: readonly (readonly [string, string | undefined])[] = [
    ['transport', 'tcp'],
    ['traddr', portalPath.address],
    ['trsvcid', String(portalPath.port)],
    ['nqn', portalPath.nqn],
    ['hostnqn', pair.hostNqn],
    ['hostid', pair.hostId],
    ['host_traddr', portalPath.hostAddress],
    ['host_iface', portalPath.hostInterface],
  ]
  const standard = total > 1 && policy.ctrlLossTimeoutSec === undefined && known.has('ctrl_loss_tmo') ? ['ctrl_loss_tmo=-1'] : []
  const parts = [...needed, ...wishes(policy)].flatMap(([name, value]) => (value === undefined ? [] : [option(name, value, known)]))
  const text = [...parts, ...standard].join(',')
  if (Buffer.byteLength(text) <= MOST_BYTES) return text
  throw new BrickworkError('ERR_INVALID_ARGUMENT', `connection: its names are too long for the kernel, which takes ${MOST_BYTES} bytes`)
}
/** The kernel keeps the time as a number of tries, so the delay comes first. A flag has no value. */
function wishes(policy: Policy['nvme']): readonly (readonly [string, string | true | undefined])[] {
  const number = (value: number | undefined) => (value === undefined ? undefined : String(value))
  const flag = (value: boolean | undefined) => (value === true ? true : undefined)
  return [
    ['reconnect_delay', number(policy.reconnectDelaySec)],
    ['ctrl_loss_tmo', number(policy.ctrlLossTimeoutSec)],
    ['fast_io_fail_tmo', number(policy.fastIoFailTimeoutSec)],
    ['keep_alive_tmo', number(policy.keepAliveSec)],
    ['nr_io_queues', number(policy.ioQueues)],
    ['queue_size', number(policy.queueSize)],
    ['hdr_digest', flag(policy.headerDigest)],
    ['data_digest', flag(policy.dataDigest)],
  ]
}
function option(name: string, value: string | true, known: ReadonlySet<string>): string {
  if (!known.has(name))
    throw new BrickworkError('ERR_UNSUPPORTED', `This kernel's NVMe over Fabrics driver has no option ${name}, which the request needs`)
  if (value === true) return name
  // Every value was checked with the connection or read from a file of the host. None may become a further option.
  if (/[\s,\p{Cc}\p{Cs}]/u.test(value) || value === '')
    throw new BrickworkError('ERR_INVALID_ARGUMENT', `${name}: must not be empty, and must have no spaces, commas and control characters`)
  return `${name}=${value}`
}
