/** The addresses of NVMe over Fabrics controllers as sysfs shows them (drivers/nvme/host/fabrics.c, nvmf_get_address; tcp.c, nvme_tcp_get_address). */
import { normalAddress } from '../../core/portal.js'

/** The parts of a controller's `address`. A part that the kernel does not show is `undefined`. */
export interface ControllerAddress {
  /** Address of the portal. IPv6 is in its shortest form; Fibre Channel names are as the kernel has them. */
  readonly traddr: string | undefined
  /** Port of the portal. */
  readonly trsvcid: number | undefined
  /** The local address that the connect named. */
  readonly hostTraddr: string | undefined
  /** The network interface that the connect named. */
  readonly hostIface: string | undefined
  /** The local address in use. Only TCP has it, since Linux 6.1, and only while the admin queue is live. */
  readonly srcAddr: string | undefined
}

/**
 * Parses `traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.9`. Keys that are not known are left out. The address of a controller on PCI
 * (`0000:00:03.0`) has no parts.
 */
export function parseControllerAddress(text: string): ControllerAddress {
  const parts = new Map<string, string>()
  for (const part of text.split(',')) {
    const end = part.indexOf('=')
    if (end > 0 && !parts.has(part.slice(0, end))) parts.set(part.slice(0, end), part.slice(end + 1))
  }
  const address = (key: string): string | undefined => {
    const value = parts.get(key)
    return value === undefined || value === '' ? undefined : canonicalAddress(value)
  }
  return {
    traddr: address('traddr'),
    trsvcid: portOf(parts.get('trsvcid')),
    hostTraddr: address('host_traddr'),
    hostIface: parts.get('host_iface'),
    srcAddr: address('src_addr'),
  }
}

/** One spelling for each address. The zone of a link-local one (`fe80::1%eth0`) stays. */
export function canonicalAddress(text: string): string {
  const end = text.indexOf('%')
  return end < 0 ? normalAddress(text) : `${normalAddress(text.slice(0, end))}${text.slice(end)}`
}

/** Any program may have given the kernel `04420`, which it keeps as it is. */
function portOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : undefined
}
