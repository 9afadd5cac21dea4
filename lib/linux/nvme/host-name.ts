/**
 * The pair of names with which this host connects to NVMe subsystems. Both are always given, since the kernel invents a host id for a connect
 * without one. The rules for an incomplete pair are those of libnvme, so that nvme-cli and Brickwork are one host to a subsystem.
 */
import type { NvmeHostIdentity } from '../../api/identity.js'
import { crypto } from '../../core/crypto.js'
import type { HostFacts } from '../host-facts.js'
import { moduleState } from '../kernel-module.js'

const FILES = { hostNqn: '/etc/nvme/hostnqn', hostId: '/etc/nvme/hostid' } as const
const SYSTEM_UUID = '/sys/class/dmi/id/product_uuid'
const UUID_NQN = 'nqn.2014-08.org.nvmexpress:uuid:'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** The kernel refuses longer names (include/linux/nvme.h, NVMF_NQN_SIZE, which counts the zero at the end). */
const MOST_NQN_BYTES = 222
/** Key of the hash; any fixed value. */
const APPLICATION = Buffer.from('6f0d9c1b7a5e4c0f9e0e2f4d8b7a3c15', 'hex')

export interface HostNames {
  readonly systemUuid: string | undefined
  readonly machineId: string | undefined
  /** Release of the kernel. */
  readonly kernel: string | undefined
}

/** `undefined` without NVMe over Fabrics, or when the pair can't be determined. The facts then say why. */
export async function readNvmeHost(facts: HostFacts, names: HostNames): Promise<NvmeHostIdentity | undefined> {
  const [hostNqn, hostId, core, fabrics, nativeMultipath] = await Promise.all([
    facts.line(FILES.hostNqn),
    facts.line(FILES.hostId),
    moduleState(facts, names.kernel, 'nvme_core', 'drivers/nvme/host'),
    moduleState(facts, names.kernel, 'nvme_fabrics', 'drivers/nvme/host'),
    facts.text('/sys/module/nvme_core/parameters/multipath'),
  ])
  if (hostNqn === undefined && hostId === undefined && core === 'none' && fabrics === 'none') return undefined
  const pair = pairOf(facts, { hostNqn, hostId: hostId?.toLowerCase() }, names)
  return pair === undefined
    ? undefined
    : { ...pair, ...(nativeMultipath === undefined ? {} : { nativeMultipath: nativeMultipath === 'Y' }) }
}

/** The same pair, whether or not the modules are loaded. */
export async function readNvmePair(facts: HostFacts): Promise<Pair | undefined> {
  const [hostNqn, hostId] = await Promise.all([FILES.hostNqn, FILES.hostId].map((file) => facts.line(file)))
  const given = { hostNqn, hostId: hostId?.toLowerCase() }
  const isWhole = given.hostId !== undefined || uuidIn(hostNqn) !== undefined
  const names = isWhole ? [] : await Promise.all([SYSTEM_UUID, '/etc/machine-id'].map((file) => facts.line(file)))
  return pairOf(facts, given, { systemUuid: names[0], machineId: names[1], kernel: undefined })
}

export type Pair = Omit<NvmeHostIdentity, 'nativeMultipath'>
interface Given {
  readonly hostNqn: string | undefined
  readonly hostId: string | undefined
}

function pairOf(facts: HostFacts, { hostNqn, hostId }: Given, names: HostNames): Pair | undefined {
  // Another pair than the one that root would use must not be shown.
  if (facts.isRefused(FILES.hostNqn) || facts.isRefused(FILES.hostId)) return undefined
  const ownId = hostId ?? uuidIn(hostNqn)
  const derived = ownId === undefined ? derivedId(names) : undefined
  const problem =
    hostNqn !== undefined && !isNqn(hostNqn)
      ? `${FILES.hostNqn} (not an NVMe qualified name)`
      : hostId !== undefined && !isUsableUuid(hostId)
        ? `${FILES.hostId} (not a UUID)`
        : ownId === undefined && facts.isRefused(SYSTEM_UUID)
          ? `NVMe host name (derived from ${SYSTEM_UUID}, which only root may read)`
          : undefined
  if (problem !== undefined) facts.note(problem)
  else if (ownId !== undefined) return { hostNqn: hostNqn ?? UUID_NQN + ownId, hostId: ownId, source: 'files' }
  else if (derived === undefined) facts.note('NVMe host name (no file, no usable system UUID and no machine id)')
  else if (hostNqn !== undefined) return { hostNqn, hostId: derived.id, source: 'files' }
  else return { hostNqn: UUID_NQN + derived.id, hostId: derived.id, source: derived.source }
  return undefined
}

function derivedId({ systemUuid, machineId }: HostNames): { readonly id: string; readonly source: 'dmi' | 'machine-id' } | undefined {
  const uuid = systemUuid?.toLowerCase()
  if (uuid !== undefined && isUsableUuid(uuid)) return { id: uuid, source: 'dmi' }
  return machineId !== undefined && /^[0-9a-f]{32}$/.test(machineId) ? { id: appSpecificId(machineId), source: 'machine-id' } : undefined
}
/**
 * A UUID that is always the same on this machine. The machine id cannot be calculated from it. The same as
 * `systemd-id128 machine-id --app-specific` prints (sd_id128_get_machine_app_specific(3)).
 */
export function appSpecificId(machineId: string): string {
  const id = crypto().createHmac('sha256', Buffer.from(machineId, 'hex')).update(APPLICATION).digest().subarray(0, 16)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x40, 6)
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = id.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function isNqn(text: string): boolean {
  return text.startsWith('nqn.') && Buffer.byteLength(text) <= MOST_NQN_BYTES
}
/** Firmware without a UUID of its own writes zeros or ones. */
function isUsableUuid(text: string): boolean {
  return UUID.test(text) && !/^[0-]+$/.test(text) && !/^[f-]+$/.test(text)
}
/** `nqn.2014-08.org.nvmexpress:uuid:b918851d-…` */
function uuidIn(nqn: string | undefined): string | undefined {
  const uuid = nqn?.split('uuid:')[1]?.toLowerCase()
  return uuid !== undefined && isUsableUuid(uuid) ? uuid : undefined
}
