/** Finds portal addresses that are useless on another host. A target lists the addresses of its own interfaces (RFC 7143, SendTargets). */

/** Why an initiator on another host can't use the address; `undefined` when it can. `own`: IPv4 addresses of this host. */
export function whyNotReachable(address: string, own: ReadonlySet<string>): 'wildcard' | 'loopback' | 'link-local' | undefined {
  const four = mappedIpv4(address)
  if (four === undefined) {
    if (address === '::') return 'wildcard'
    if (address === '::1') return 'loopback'
    // fe80::/10 is useless without a zone, which records and sessions do not contain.
    return /^fe[89ab][0-9a-f]:/.test(address) ? 'link-local' : undefined
  }
  if (four === '0.0.0.0') return 'wildcard'
  if (four.startsWith('127.')) return 'loopback'
  const isLinkLocal = (each: string) => each.startsWith('169.254.')
  return isLinkLocal(four) && ![...own].some(isLinkLocal) ? 'link-local' : undefined
}

/** A target that answers at one of these addresses is on this host, so its loopback portals are usable here. */
export function isThisHost(address: string, own: ReadonlySet<string>): boolean {
  return own.has(address) || whyNotReachable(address, own) === 'loopback'
}

/** `192.0.2.1`, also for `::ffff:c000:201`; `undefined` for other IPv6 addresses. Takes addresses in their shortest form. */
function mappedIpv4(address: string): string | undefined {
  if (!address.includes(':')) return address
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? []
  if (high === undefined || low === undefined) return undefined
  return [high, low].flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 0xff]).join('.')
}
