import { BrickworkError } from '../../core/errors.js'

/** `open`; `drop`: no answer; `refuse`: a reset; `mute`: the TCP handshake succeeds, and nothing is ever answered. */
export type PortalState = 'open' | 'drop' | 'refuse' | 'mute'
/** The result of a TCP connection to an address and port. */
export type Reachability = PortalState | 'unreachable'

export interface Portal {
  readonly address: string
  readonly port: number
}

/** The payload of a packet of 1500 bytes. */
const PACKET_BYTES = 1400

/** The addresses that exist, their listeners, and what obstructs them. */
export class Network {
  readonly #states = new Map<string, PortalState>()
  readonly #listeners = new Map<string, number>()
  readonly #addresses = new Set(['127.0.0.1', '::1'])
  readonly #narrow = new Set<string>()
  readonly #names = new Map<string, readonly string[]>()

  setState(portal: Portal, state: PortalState): void {
    this.#addresses.add(portal.address)
    this.#states.set(keyOf(portal), state)
  }
  /** Sets the addresses of a host name. Without addresses the name is unknown. */
  name(name: string, addresses: readonly string[]): void {
    this.#names.set(name.toLowerCase(), addresses.map(shortest))
  }
  resolve(name: string): readonly string[] {
    return this.#names.get(name.toLowerCase()) ?? []
  }
  /** Adds a listener to this portal. Its address exists from then on. */
  listen(portal: Portal): void {
    this.#addresses.add(portal.address)
    this.#listeners.set(keyOf(portal), (this.#listeners.get(keyOf(portal)) ?? 0) + 1)
  }
  close(portal: Portal): void {
    this.#listeners.set(keyOf(portal), (this.#listeners.get(keyOf(portal)) ?? 1) - 1)
  }
  /** Whether packets that are larger than Ethernet's 1500 bytes get lost on their way from this portal. */
  setLargePackets(portal: Portal, state: 'pass' | 'lost'): void {
    if (state === 'lost') this.#narrow.add(keyOf(portal))
    else this.#narrow.delete(keyOf(portal))
  }
  carries(portal: Portal, bytes: number): boolean {
    return bytes <= PACKET_BYTES || !this.#narrow.has(keyOf(portal))
  }
  reachability(portal: Portal): Reachability {
    if (!this.#addresses.has(portal.address)) return 'unreachable'
    const state = this.#states.get(keyOf(portal)) ?? 'open'
    if (state !== 'open') return state
    return (this.#listeners.get(keyOf(portal)) ?? 0) > 0 ? 'open' : 'refuse'
  }
}

/** `10.99.1.1:3260` or `[fd99::1]:3260`, in the form in which the kernel prints addresses. */
export function portalOf(text: string): Portal {
  const match = /^\[([^\]]+)\]:(\d+)$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text)
  if (match?.[1] === undefined) throw new BrickworkError('ERR_INVALID_ARGUMENT', `FakeHost: not a portal: ${text}`)
  return { address: shortest(match[1]), port: Number(match[2]) }
}
export function portalText({ address, port }: Portal): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
export function keyOf({ address, port }: Portal): string {
  return `${address} ${port}`
}
/** IPv6 as inet_ntop prints it. Text that is not an address (`fe80::1%eth0`, in a record written by hand) stays as it is. */
export function shortest(address: string): string {
  if (!address.includes(':') || !URL.canParse(`tcp://[${address}]`)) return address
  return new URL(`tcp://[${address}]`).hostname.slice(1, -1)
}
