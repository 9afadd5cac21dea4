/** Addresses of the host in the network namespace of its daemons. */
import type { HostAddress } from '../api/identity.js'
import type { Host } from '../core/host.js'
import { normalAddress } from '../core/portal.js'
import type { HostFacts } from './host-facts.js'

/** The host's daemons are in the namespace of its first process. */
const NETWORK = '/proc/1/net'
const TABLE = `${NETWORK}/fib_trie`

/** Empty when the table can't be read. */
export async function readOwnAddresses(host: Host): Promise<ReadonlySet<string>> {
  return parseFibTrie((await host.files.read(TABLE)) ?? '')
}

/**
 * Local routes of the kernel's routing table (net/ipv4/fib_trie.c, fib_trie_seq_show):
 *
 *        |-- 10.99.1.2
 *           /32 host LOCAL
 */
export function parseFibTrie(text: string): ReadonlySet<string> {
  const found = text.matchAll(/^\s*\|-- ([0-9.]+)\n(?:\s+\/[0-9]+ [a-z]+ [A-Z]+.*\n)*?\s+\/32 host LOCAL\b/gm)
  return new Set([...found].flatMap(([, address]) => address ?? []))
}

/** IPv4 before IPv6; without loopback and link-local addresses. */
export async function readHostAddresses(facts: HostFacts): Promise<HostAddress[]> {
  const [table, routes, six] = await Promise.all(['fib_trie', 'route', 'if_inet6'].map((file) => facts.text(`${NETWORK}/${file}`)))
  const networks = parseRoutes(routes ?? '', isBigEndian(facts.host.architecture))
  const four = [...parseFibTrie(`${table ?? ''}\n`)].filter((address) => !/^(127\.|169\.254\.)/.test(address))
  return [
    ...four.map((address) => {
      const own = networks.find(({ network, mask }) => (numberOf(address) & mask) >>> 0 === network)
      return own === undefined ? { address } : { address, interface: own.name }
    }),
    ...parseInet6(six ?? ''),
  ]
}

interface Network {
  readonly name: string
  readonly network: number
  readonly mask: number
}
/** Networks that an interface is connected to, the smallest first (net/ipv4/fib_trie.c, fib_route_seq_show). */
function parseRoutes(text: string, bigEndian: boolean): Network[] {
  const networks = text.split('\n').flatMap((line) => {
    const [name = '', destination = '', gateway = '', , , , , mask = ''] = line.trim().split(/\s+/)
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^0{8}$/.test(gateway) || !/^[0-9A-F]{8}$/.test(mask) || mask === '00000000') return []
    return [{ name, network: numberIn(destination, bigEndian), mask: numberIn(mask, bigEndian) }]
  })
  return networks.sort((a, b) => b.mask - a.mask)
}
/** `000200C0`: the bytes of 192.0.2.0 as a number of the machine. */
function numberIn(hex: string, bigEndian: boolean): number {
  const bytes = Buffer.from(hex, 'hex')
  return bigEndian ? bytes.readUInt32BE() : bytes.readUInt32LE()
}
function numberOf(address: string): number {
  return Buffer.from(address.split('.').map(Number)).readUInt32BE()
}
function isBigEndian(architecture: string): boolean {
  return /^(s390x?|ppc|ppc64|mips|mips64|sparc(64)?)$/.test(architecture)
}

/** Scopes and flags of include/net/ipv6.h and include/uapi/linux/if_addr.h. */
const [LOOPBACK, LINK] = ['10', '20']
const [DAD_FAILED, TENTATIVE] = [0x08, 0x40]
/** `20010db8000000000000000000000001 02 40 00 80     eth0`: address, interface number, prefix length, scope, flags, name */
function parseInet6(text: string): HostAddress[] {
  return text.split('\n').flatMap((line) => {
    const [hex = '', , , scope = '', flags = '', name] = line.trim().split(/\s+/)
    if (!/^[0-9a-f]{32}$/.test(hex) || name === undefined || scope === LOOPBACK || scope === LINK) return []
    if ((Number.parseInt(flags, 16) & (DAD_FAILED | TENTATIVE)) !== 0) return []
    return [{ address: normalAddress((hex.match(/.{4}/g) ?? []).join(':')), interface: name }]
  })
}
