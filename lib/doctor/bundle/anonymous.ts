/**
 * Replaces the names of targets, volumes, hosts and addresses in a document. The same name always gets the same replacement, so the document
 * still shows what belongs together.
 */
import { normalAddress } from '../../core/portal.js'

export interface KnownNames {
  /** Names that are replaced wherever they occur, also as a part of a longer text. */
  readonly targets: readonly string[]
  readonly volumes: readonly string[]
  readonly hosts: readonly string[]
  readonly users: readonly string[]
}

type Kind = 'target' | 'volume' | 'address' | 'host' | 'user' | 'uuid' | 'mac'

/** iqn. and nqn. names (RFC 3720, NVM Express), up to a character that they cannot contain. */
const QUALIFIED = /\b(?:iqn|nqn)\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.:_-]+/g
const EUI = /\b(?:eui|naa|uuid|t10)\.[0-9A-Za-z._-]{8,}/g
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi
/** Of physical volumes, groups and volumes of LVM (lib/uuid/uuid.c): not hexadecimal. */
const LVM_UUID = /(?<![0-9A-Za-z-])[0-9A-Za-z]{6}(?:-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}(?![0-9A-Za-z-])/g
/** WWIDs in every spelling, WWPNs, NGUIDs, serial numbers in hexadecimal. Digests of 64 digits are file names of Brickwork. */
const HEXADECIMAL = /(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{16,40}(?![0-9A-Za-z])/g
const MAC = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi
const IPV4 = /(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])/g
const COLONS = /(?<![0-9A-Za-z:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?![0-9A-Za-z:])/g
/** Names shorter than this occur by accident in other words. */
const SHORTEST = 4

export function anonymous<T>(document: T, known: KnownNames): T {
  const replacements = new Replacements()
  const exact = [
    ...pairs('target', known.targets),
    ...pairs('volume', known.volumes),
    ...pairs('host', known.hosts),
    ...pairs('user', known.users),
  ].sort((a, b) => b.name.length - a.name.length)
  const replace = (text: string): string => {
    let replaced = text
    for (const { kind, name } of exact) replaced = replaced.split(name).join(replacements.of(kind, name))
    return replaced
      .replace(QUALIFIED, (name) => replacements.of('target', name))
      .replace(EUI, (name) => replacements.of('volume', name))
      .replace(UUID, (name) => replacements.of('uuid', name.toLowerCase()))
      .replace(LVM_UUID, (name) => replacements.of('uuid', name))
      .replace(HEXADECIMAL, (name) => replacements.of('volume', name.toLowerCase()))
      .replace(MAC, (name) => replacements.of('mac', name.toLowerCase()))
      .replace(IPV4, (name) => replacements.of('address', name))
      .replace(COLONS, (name) => (isIpv6(name) ? replacements.of('address', normalAddress(name)) : name))
  }
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return replace(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [replace(key), walk(each)]))
  }
  return walk(document) as T
}

function pairs(kind: Kind, names: readonly string[]): { kind: Kind; name: string }[] {
  return [...new Set(names)].flatMap((name) => (name.length >= SHORTEST ? [{ kind, name }] : []))
}
/** Numbers of SCSI addresses (`0:0:0:1`) and times have colons too. */
function isIpv6(text: string): boolean {
  return normalAddress(text) !== text || /^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$/i.test(text) || (text.includes('::') && text !== '::')
}

class Replacements {
  readonly #known = new Map<string, string>()
  readonly #counts = new Map<Kind, number>()

  of(kind: Kind, name: string): string {
    const key = `${kind} ${name}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    const replacement = `${kind}-${count}`
    this.#known.set(key, replacement)
    return replacement
  }
}
