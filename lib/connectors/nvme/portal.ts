/** Portals of NVMe over Fabrics, as objects and as URIs. */
import type { NvmePortal } from '../../api/nvme-connection.js'
import { canonicalPortal, parsePortal } from '../../core/portal.js'
import { canonicalAddress } from '../../linux/nvme/address.js'

/** The port of I/O subsystems. The kernel's own default for TCP is 8009, the port of discovery services (tcp.c, NVME_TCP_DISC_PORT). */
export const DEFAULT_PORT = 4420

/** Link-local addresses (RFC 4291, 2.5.6) are valid on one interface only. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/i
/** include/linux/if.h, IFNAMSIZ; net/core/dev.c, dev_valid_name. */
const INTERFACE = /^(?!\.{1,2}$)[^\s/:,\p{Cc}\p{Cs}]{1,15}$/u
/** drivers/nvme/host/fc.c, nvme_fc_parse_traddr. Some discovery services separate the names by a comma. */
const FC_ADDRESS = /^nn-0x([0-9a-f]{16})[:,]pn-0x([0-9a-f]{16})$/i

const WHY = 'must be an IPv4 address, an IPv6 address without brackets, or a host name'

/** Why this is no portal, with the field; `undefined` if it is one. */
export function whyNoNvmePortal(portal: NvmePortal): { readonly field: keyof NvmePortal; readonly message: string } | undefined {
  const { transport, address, port, hostAddress, hostInterface } = portal
  if (transport === 'fc') {
    if (!FC_ADDRESS.test(address)) return { field: 'address', message: 'must be nn-0x… and pn-0x…, with 16 hexadecimal digits each' }
    if (port !== undefined) return { field: 'port', message: 'must be left out for Fibre Channel' }
    const isAny = hostAddress === '*' || (hostAddress !== undefined && FC_ADDRESS.test(hostAddress))
    if (!isAny) return { field: 'hostAddress', message: 'must be nn-0x… and pn-0x… of a port of this host, or *' }
  } else {
    const message = whyNoAddress(address)
    if (message !== undefined) return { field: 'address', message }
    if (hostAddress !== undefined && !isLiteral(hostAddress)) return { field: 'hostAddress', message: 'must be an IPv4 or IPv6 address' }
  }
  if (hostInterface === undefined) return undefined
  if (transport !== 'tcp') return { field: 'hostInterface', message: 'is only for TCP' }
  return INTERFACE.test(hostInterface) ? undefined : { field: 'hostInterface', message: 'must be the name of a network interface' }
}
function whyNoAddress(address: string): string | undefined {
  if (isLiteral(address)) return LINK_LOCAL.test(address) && !address.includes('%') ? 'is link-local and needs its zone (%eth0)' : undefined
  return address.includes(':') || canonicalPortal(`${address}:1`) === undefined ? WHY : undefined
}
/** Whether the text is an address, with a zone if it may have one. */
export function isLiteral(text: string): boolean {
  const end = text.indexOf('%')
  const bare = end < 0 ? text : text.slice(0, end)
  if (end >= 0 && (!LINK_LOCAL.test(bare) || !INTERFACE.test(text.slice(end + 1)))) return false
  return parsePortal(bare.includes(':') ? `[${bare}]:1` : `${bare}:1`) !== undefined
}

/** One spelling for each portal. Only for portals that were checked. */
export function canonicalNvmePortal({ transport, address, port, hostAddress, hostInterface }: NvmePortal): NvmePortal {
  return {
    transport,
    address: canonicalText(transport, address),
    ...(transport === 'fc' ? {} : { port: port ?? DEFAULT_PORT }),
    ...(hostAddress === undefined ? {} : { hostAddress: canonicalText(transport, hostAddress) }),
    ...(hostInterface === undefined ? {} : { hostInterface }),
  }
}
function canonicalText(transport: NvmePortal['transport'], text: string): string {
  if (transport === 'fc') return text.toLowerCase().replace(',', ':')
  return isLiteral(text) ? canonicalAddress(text) : text.toLowerCase()
}
/** Equal for portals that are the same. */
export function portalKey(portal: NvmePortal): string {
  const { transport, address, port = '', hostAddress = '', hostInterface = '' } = canonicalNvmePortal(portal)
  return [transport, address, port, hostAddress, hostInterface].join(' ')
}
/** A portal in a few words: `192.0.2.1:4420`, `[2001:db8::1]:4420 from eth1`. */
export function portalLabel(portal: NvmePortal): string {
  const { transport, address, port, hostAddress, hostInterface } = canonicalNvmePortal(portal)
  const from = [hostAddress, hostInterface].filter((each) => each !== undefined)
  const at = port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`
  return [...(transport === 'tcp' ? [] : [transport]), at, ...(from.length === 0 ? [] : ['from', ...from])].join(' ')
}

const SCHEMES: ReadonlyMap<string, NvmePortal['transport']> = new Map([
  ['tcp', 'tcp'],
  ['rdma', 'rdma'],
  ['nvmf', 'tcp'],
  ['nvmf+tcp', 'tcp'],
  ['nvmf+rdma', 'rdma'],
])
const URI = /^([a-z+]+):\/\/(?:\[([^\]]+)\]|([^/?#:[\]]+))(?::([0-9]{1,5}))?\/?(?:\?([^#]*))?$/i

/** Parses `tcp://192.0.2.1:4420` and the like. A string is the reason why the text is no portal; it never contains the text. */
export function parsePortalUri(text: string): NvmePortal | string {
  if (text.length > 512) return 'is too long for a portal'
  const [, scheme = '', six, name, port, query = ''] = URI.exec(text) ?? []
  const transport = SCHEMES.get(scheme.toLowerCase())
  const address = six ?? name
  if (/^[a-z+]+:\/\/[^/]+\/[^?]/i.test(text)) return 'must have no path: the name of the subsystem goes into `nqn`'
  if (transport === undefined || address === undefined) return 'must be tcp://ADDRESS:PORT, with an IPv6 address in brackets'
  if (six !== undefined && !six.includes(':')) return 'must have only an IPv6 address in brackets'
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) return 'must have a port from 1 to 65535'
  const own: { hostAddress?: string; hostInterface?: string } = {}
  for (const option of query === '' ? [] : query.split('&')) {
    const [key = '', value = '', ...more] = option.split('=')
    if (value === '' || more.length > 0) return 'must have options of the form name=value'
    if (key === 'host-traddr' && own.hostAddress === undefined) own.hostAddress = value
    else if (key === 'host-iface' && own.hostInterface === undefined) own.hostInterface = value
    else return 'may have the options host-traddr and host-iface, each once; settings of the connection go into the policy'
  }
  return { transport, address, ...(port === undefined ? {} : { port: Number(port) }), ...own }
}
