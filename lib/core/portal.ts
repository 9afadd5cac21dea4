import { BrickworkError } from './errors.js'

/** A portal by address. The address has no brackets, and IPv6 is in its shortest form, as in sysfs, so portals compare as text. */
export interface Portal {
  readonly address: string
  readonly port: number
}

/** A portal by host name, in lower case. */
export interface NamedPortal {
  readonly name: string
  readonly port: number
}

/**
 * Longest text that is parsed: the pattern below takes cubic time. An IPv6 address that ends with an IPv4 address has 53 characters with
 * brackets and port.
 */
const LONGEST = 64

/**
 * Parses `192.0.2.1:3260` or `[2001:db8::1]:3260`; `undefined` for other text. The brackets may be missing if the whole text is no valid
 * address: `2001:db8:0:0:0:0:0:1:3260`.
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

/** RFC 1123. Excludes names whose last part is a number: some programs read them as an address. */
const NAME =
  /^(?=.{1,253}:)((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?![0-9]+\.?:)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?):([0-9]{1,5})$/

/** Parses `storage.example:3260`; `undefined` for other text and for an address. */
export function parseNamedPortal(text: string): NamedPortal | undefined {
  const match = NAME.exec(text)
  const port = portOf(match?.[2])
  return match?.[1] === undefined || port === undefined ? undefined : { name: match[1].toLowerCase(), port }
}

/** One spelling for each portal, by address or by name; `undefined` for other text. */
export function canonicalPortal(text: string): string | undefined {
  const portal = parsePortal(text)
  if (portal !== undefined) return formatPortal(portal)
  const named = parseNamedPortal(text)
  return named === undefined ? undefined : `${named.name}:${named.port}`
}

/** Why a text is no portal. */
export function whyNoPortal(text: string): string {
  if (/%/.test(text)) return 'has a zone (%…): link-local addresses are not supported'
  if (/^[0-9A-Fa-f:.]+$/.test(text) && text.split(':').length > 2)
    return 'must have its IPv6 address in brackets, then the port: otherwise its end is ambiguous'
  return 'must be ADDRESS:PORT or NAME:PORT, with an IPv6 address in brackets'
}

export function formatPortal({ address, port }: Portal): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** As {@link parsePortal}, for text that was checked before. @throws `ERR_PARSE` */
export function portalOf(text: string): Portal {
  const portal = parsePortal(text)
  if (portal === undefined) throw new BrickworkError('ERR_PARSE', `Not a portal: ${JSON.stringify(text)}`)
  return portal
}

/** An address from sysfs or a record, in the form of {@link Portal}. Other text is returned unchanged. */
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

/** Shortest form (RFC 5952), by the serializer of the URL standard. */
function shortIpv6(text: string): string | undefined {
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1)
  } catch {
    return undefined
  }
}
