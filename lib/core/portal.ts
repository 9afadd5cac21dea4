import { BrickworkError } from './errors.js'

/** A portal in its parts. The address has no brackets and IPv6 is in its shortest form, as sysfs prints it, so that parts compare as text. */
export interface Portal {
  readonly address: string
  readonly port: number
}

/** A portal by the name of its host, in lower case. */
export interface NamedPortal {
  readonly name: string
  readonly port: number
}

/** An IPv6 address with an IPv4 address at its end, brackets and a port have 53 characters. The pattern below takes cubic time. */
const LONGEST = 64

/**
 * `192.0.2.1:3260` or `[2001:db8::1]:3260`; `undefined` when it is neither. The brackets may be left out where the whole can't be an address
 * by itself: `2001:db8:0:0:0:0:0:1:3260`.
 */
export function parsePortal(text: string): Portal | undefined {
  if (text.length > LONGEST) return undefined
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)|([0-9A-Fa-f:]+:[0-9A-Fa-f:.]*[0-9A-Fa-f])):([0-9]{1,5})$/.exec(text)
  if (match === null) return undefined
  const [, six, four, bare, portText] = match
  const port = portOf(portText)
  if (port === undefined || (bare !== undefined && shortIpv6(text) !== undefined)) return undefined
  const address = four === undefined ? shortIpv6(six ?? bare ?? '') : parseIpv4(four)
  return address === undefined ? undefined : { address, port }
}

/** RFC 1123; a name whose last part is a number would be read as an address by some. */
const NAME =
  /^(?=.{1,253}:)((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?![0-9]+\.?:)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?):([0-9]{1,5})$/

/** `storage.example:3260`; `undefined` when it is none, or an address. */
export function parseNamedPortal(text: string): NamedPortal | undefined {
  const match = NAME.exec(text)
  const port = portOf(match?.[2])
  return match?.[1] === undefined || port === undefined ? undefined : { name: match[1].toLowerCase(), port }
}

/** One spelling for each portal, whether by address or by name; `undefined` when it is neither. */
export function canonicalPortal(text: string): string | undefined {
  const portal = parsePortal(text)
  if (portal !== undefined) return formatPortal(portal)
  const named = parseNamedPortal(text)
  return named === undefined ? undefined : `${named.name}:${named.port}`
}

/** What is wrong with a portal that is none. */
export function whyNoPortal(text: string): string {
  if (/%/.test(text)) return 'has a zone (%…), which no record and no session has: link-local addresses are not supported'
  if (/^[0-9A-Fa-f:.]+$/.test(text) && text.split(':').length > 2)
    return 'must have its IPv6 address in brackets, then the port: where the address ends cannot be told'
  return 'must be ADDRESS:PORT or NAME:PORT, with an IPv6 address in brackets'
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

function portOf(text: string | undefined): number | undefined {
  const port = Number(text)
  return port >= 1 && port <= 65535 ? port : undefined
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
