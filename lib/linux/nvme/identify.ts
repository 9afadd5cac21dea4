/** Asks a controller which namespace it has under a number now (NVMe Base 2.0, 5.17.2). The kernel's own values may be older. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'

const IDENTIFY = 0x06
const LENGTH = 4096
/** Controller or Namespace Structure: what Identify returns. */
const CNS = { namespace: 0x00, descriptors: 0x03 } as const
/** Status code without its flags (NVMe Base 2.0, figure 90): Invalid Namespace or Format, Invalid Field. */
const STATUS = 0x07ff
const INVALID_NAMESPACE = 0x000b
/** Types of descriptors (NVMe Base 2.0, figure 277). */
const EUI64 = 1
const NGUID = 2
const UUID = 3
/** The controller is not live, is being removed, or gave no answer (drivers/nvme/host/core.c, nvme_dev_open; ioctl.c). */
const NO_ANSWER: ReadonlySet<unknown> = new Set(['EAGAIN', 'EWOULDBLOCK', 'ENODEV', 'ENXIO', 'ENOENT', 'EINTR', 'EIO', 'ETIMEDOUT'])

/** Hexadecimal digits without separators, in lower case. */
export interface LiveIds {
  readonly uuid: string | undefined
  readonly nguid: string | undefined
  readonly eui64: string | undefined
}

/**
 * The identifiers under this number. `absent`: the controller has no namespace there. `undefined`: it does not answer.
 * @param controller `nvme3`
 */
export async function askIdentity(
  host: Host,
  controller: string,
  nsid: number,
  signal: AbortSignal,
): Promise<LiveIds | 'absent' | undefined> {
  const listed = await identify(host, controller, CNS.descriptors, nsid, signal)
  if (listed === undefined || listed === 'absent') return listed
  if (listed !== 'refused') return parseDescriptors(listed)
  // A controller older than NVMe 1.3 has no descriptors.
  const data = await identify(host, controller, CNS.namespace, nsid, signal)
  return data instanceof Uint8Array ? parseNamespace(data).ids : data === 'absent' ? data : undefined
}

/** The size of the namespace as the controller reports it; `undefined` when it does not answer. */
export async function askSize(host: Host, controller: string, nsid: number, signal: AbortSignal): Promise<number | undefined> {
  const data = await identify(host, controller, CNS.namespace, nsid, signal)
  return data instanceof Uint8Array ? parseNamespace(data).sizeBytes : undefined
}

async function identify(host: Host, controller: string, cns: number, nsid: number, signal: AbortSignal) {
  try {
    const request = { device: `/dev/${controller}`, opcode: IDENTIFY, nsid, cdw10: cns, length: LENGTH }
    const { status, data } = await host.kernel.nvmeAdmin(request, signal)
    if (status === 0) return data
    return (status & STATUS) === INVALID_NAMESPACE ? 'absent' : 'refused'
  } catch (error) {
    if (isBrickworkError(error, 'ERR_KERNEL') && NO_ANSWER.has(error.details['errno'])) return undefined
    throw error
  }
}

/** Type, length, two reserved bytes, then the identifier. A length of 0 ends the list. Descriptors of other types are skipped. */
export function parseDescriptors(data: Uint8Array): LiveIds {
  const found = new Map<number, string | undefined>()
  for (let at = 0; at + 4 <= data.length; ) {
    const [type = 0, length = 0] = [data[at], data[at + 1]]
    if (length === 0 || at + 4 + length > data.length) break
    if (!found.has(type)) found.set(type, hexOf(data.subarray(at + 4, at + 4 + length), type === EUI64 ? 8 : 16))
    at += 4 + length
  }
  return { uuid: found.get(UUID), nguid: found.get(NGUID), eui64: found.get(EUI64) }
}
/** NVMe NVM Command Set 1.0, figure 97: NSZE, FLBAS, NGUID, EUI64, LBAF. */
export function parseNamespace(data: Uint8Array): { readonly ids: LiveIds; readonly sizeBytes: number | undefined } {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (bytes.length < 384) return { ids: { uuid: undefined, nguid: undefined, eui64: undefined }, sizeBytes: undefined }
  const flbas = bytes.readUInt8(26)
  const format = (flbas & 0x0f) | ((flbas & 0x60) >> 1)
  const shift = bytes.readUInt8(128 + format * 4 + 2)
  const size = bytes.readBigUInt64LE(0) << BigInt(shift)
  return {
    ids: { uuid: undefined, nguid: hexOf(bytes.subarray(104, 120), 16), eui64: hexOf(bytes.subarray(120, 128), 8) },
    sizeBytes: shift >= 9 && shift <= 16 && size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined,
  }
}
/** Zeros stand for no identifier. */
function hexOf(bytes: Uint8Array, length: number): string | undefined {
  const digits = Buffer.from(bytes).toString('hex')
  return digits.length === length * 2 && !/^0+$/.test(digits) ? digits : undefined
}
