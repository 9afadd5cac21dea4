import { BrickworkError } from './errors.js'

/** A portal in its parts. The address has no brackets and IPv6 is in its shortest form, as sysfs prints it, so that parts compare as text. */
export interface Portal {
  readonly address: string
  readonly port: number
}

/** `192.0.2.1:3260` or `[2001:db8::1]:3260`; `undefined` when it is neither. */
export function parsePortal(text: string): Portal | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text)
  if (match === null) return undefined
  const [, six, four, portText] = match
  const port = Number(portText)
  if (port < 1 || port > 65535) return undefined
  const address = six === undefined ? parseIpv4(four ?? '') : shortIpv6(six)
  return address === undefined ? undefined : { address, port }
}

export function formatPortal({ address, port }: Portal): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** As {@link parsePortal}, for text that was checked at the edge. */
export function portalOf(text: string): Portal {
  const portal = parsePortal(text)
  if (portal === undefined) throw new BrickworkError('ERR_PARSE', `Not a portal: ${JSON.stringify(text)}`)
  return portal
}

/** An address as sysfs or a record says it, in the form of {@link Portal}; text that is no address stays as it is. */
export function normalAddress(text: string): string {
  const bare = text.replace(/^\[|\]$/g, '')
  return (bare.includes(':') ? shortIpv6(bare) : parseIpv4(bare)) ?? bare
}

function parseIpv4(text: string): string | undefined {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256) ? text : undefined
}

/** RFC 5952 by the URL standard's own serializer. */
function shortIpv6(text: string): string | undefined {
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1)
  } catch {
    return undefined
  }
}
