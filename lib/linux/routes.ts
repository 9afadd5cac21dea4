/** The main routing tables of the network namespace of the host's daemons (net/ipv4/fib_trie.c, net/ipv6/route.c). */
import type { Host } from '../core/host.js'

/** A route to a part of the addresses. */
export interface Route {
  /** 4 or 16 bytes. */
  readonly network: Uint8Array
  readonly prefix: number
  readonly metric: number
  readonly device: string
}

const IPV4 = '/proc/1/net/route'
const IPV6 = '/proc/1/net/ipv6_route'
/** include/uapi/linux/route.h, RTF_UP and RTF_REJECT */
const UP = 0x1
const REJECT = 0x200

/** `undefined` when the table is not there. Rules for other tables (ip rule) are not considered. */
export async function readRoutes(host: Host): Promise<readonly Route[] | undefined> {
  const [four, six] = await Promise.all([host.files.read(IPV4), host.files.read(IPV6)])
  return four === undefined ? undefined : [...parseRoutes(four), ...parseIpv6Routes(six ?? '')]
}

/** The interface of the most exact route, and among those of the smallest metric; `undefined` when there is no route. */
export function routeTo(routes: readonly Route[], address: string): string | undefined {
  const bytes = address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address)
  if (bytes === undefined) return undefined
  const fitting = routes.filter(({ network, prefix }) => network.length === bytes.length && isIn(bytes, network, prefix))
  return [...fitting].sort((a, b) => b.prefix - a.prefix || a.metric - b.metric)[0]?.device
}

/**
 *     Iface  Destination  Gateway   Flags  RefCnt  Use  Metric  Mask      MTU  Window  IRTT
 *     eth0   00000000     0101A8C0  0003   0       0    100     00000000  0    0       0
 */
export function parseRoutes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [device, destination, , flags, , , metric, mask] = line.trim().split(/\s+/)
    if (device === undefined || destination === undefined || mask === undefined || !/^[0-9A-F]{8}$/i.test(destination)) return []
    if (!isUsable(flags)) return []
    // The kernel prints the number of a big-endian address as a little-endian one.
    const network = Uint8Array.from(Buffer.from(destination, 'hex').reverse())
    const prefix = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
    return [{ network, prefix, metric: Number(metric), device }]
  })
}
/** `fe800000000000000000000000000000 40 … 00 … 0000 00000100 00000001 00000000 00000001 eth0`: prefix and metric are hexadecimal. */
export function parseIpv6Routes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [network, prefix, , , , metric, , , flags, device] = line.trim().split(/\s+/)
    if (network === undefined || device === undefined || prefix === undefined || !/^[0-9a-f]{32}$/.test(network) || !isUsable(flags))
      return []
    return [
      {
        network: Uint8Array.from(Buffer.from(network, 'hex')),
        prefix: Number.parseInt(prefix, 16),
        metric: Number.parseInt(metric ?? '0', 16),
        device,
      },
    ]
  })
}
function isUsable(flags: string | undefined): boolean {
  const value = Number.parseInt(flags ?? '0', 16)
  return (value & UP) !== 0 && (value & REJECT) === 0
}
function isIn(address: Uint8Array, network: Uint8Array, prefix: number): boolean {
  for (let bit = 0; bit < prefix; bit++) {
    const mask = 0x80 >> (bit & 7)
    if (((address[bit >> 3] ?? 0) & mask) !== ((network[bit >> 3] ?? 0) & mask)) return false
  }
  return true
}
function ipv4Bytes(address: string): Uint8Array | undefined {
  const parts = address.split('.').map(Number)
  return parts.length === 4 && parts.every((part) => part >= 0 && part < 256) ? Uint8Array.from(parts) : undefined
}
function ipv6Bytes(address: string): Uint8Array | undefined {
  const [head = '', tail] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  if (zeros < 0 || before.length + after.length + zeros !== 8) return undefined
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
