/** Portal addresses on the loopback device, and rules for TCP segments to and from them. */
import { createServer, type Server, type Socket } from 'node:net'
import { LoginRedirect } from './login-redirect.js'
import { must } from './shell.js'

export type PortalState = 'open' | 'drop' | 'refuse' | 'mute'
interface Address {
  readonly family: 'ip' | 'ip6'
  readonly address: string
  readonly port: number
}

/** Where connections to a mute portal end up. */
const MUTE_PORT = 32601
const TABLE = 'inet brickwork_lab'

export class Portals {
  readonly #states = new Map<string, PortalState>()
  readonly #addresses = new Set<string>()
  readonly #silent = new Set<Socket>()
  readonly #narrow = new Set<string>()
  readonly #redirecting: LoginRedirect[] = []
  #listener: Server | undefined

  /**
   * The table exists from the beginning, so that the kernel tracks all connections. Only new connections are redirected to the mute
   * listener.
   */
  async start(): Promise<void> {
    this.#listener = await listen(this.#silent)
    await this.#apply()
  }
  async addAddress(portal: string): Promise<void> {
    const { family, address } = parse(portal)
    if (this.#addresses.has(address)) return
    const words = family === 'ip' ? [`${address}/32`, 'dev', 'lo'] : [`${address}/128`, 'dev', 'lo', 'nodad']
    await must(['ip', 'address', 'replace', ...words])
    this.#addresses.add(address)
  }
  /** When a portal is no longer mute, its accepted connections are reset, as when the silent program ends. */
  async set(portal: string, state: PortalState): Promise<void> {
    this.#states.set(portal, state)
    await this.#apply()
    const { address } = parse(portal)
    if (state !== 'mute') for (const socket of this.#silent) if (isAt(socket, address)) socket.resetAndDestroy()
  }
  async setLargePackets(portal: string, state: 'pass' | 'lost'): Promise<void> {
    if (state === 'lost') this.#narrow.add(portal)
    else this.#narrow.delete(portal)
    await this.#apply()
  }
  async redirect(portal: string, to: string): Promise<void> {
    await this.addAddress(portal)
    const { address, port } = parse(portal)
    this.#redirecting.push(await LoginRedirect.listen(address, port, to))
  }
  /** Opens all portals, and closes the connections to mute portals. */
  async openAll(): Promise<void> {
    const changed = this.#narrow.size > 0 || [...this.#states.values()].some((state) => state !== 'open')
    for (const redirect of this.#redirecting.splice(0)) await redirect.close()
    this.#narrow.clear()
    this.#states.clear()
    for (const socket of this.#silent) socket.resetAndDestroy()
    if (changed) await this.#apply()
  }

  /** In one transaction, so that no segment passes half of the rules. */
  async #apply(): Promise<void> {
    const states = [...this.#states].map(([portal, state]) => ({ ...parse(portal), state }))
    const lines = [
      `table ${TABLE}`,
      `flush table ${TABLE}`,
      `table ${TABLE} {`,
      'chain segments { type filter hook input priority filter; policy accept;',
      // A reset that a later rule has sent also passes this chain.
      'tcp flags & rst == rst accept',
      ...states.flatMap(segmentRules),
      ...[...this.#narrow].map((portal) => narrowRule(parse(portal))),
      '}',
      'chain connections { type nat hook output priority -100; policy accept;',
      ...states.filter(({ state }) => state === 'mute').map(muteRule),
      '}',
      '}',
    ]
    await must(['nft', '-f', '-'], { input: `${lines.join('\n')}\n` })
  }
}

function segmentRules({ family, address, port, state }: Address & { state: PortalState }): string[] {
  const verdict = { open: undefined, mute: undefined, drop: 'drop', refuse: 'reject with tcp reset' }[state]
  if (verdict === undefined) return []
  return [`${family} daddr ${address} tcp dport ${port} ${verdict}`, `${family} saddr ${address} tcp sport ${port} ${verdict}`]
}
/** The loopback device carries 64 KiB in one packet. This rule drops packets that are larger than an Ethernet frame's. */
function narrowRule({ family, address, port }: Address): string {
  return `${family} saddr ${address} tcp sport ${port} meta length > 1500 drop`
}
function muteRule({ family, address, port }: Address): string {
  const to = family === 'ip' ? address : `[${address}]`
  return `${family} daddr ${address} tcp dport ${port} dnat ${family} to ${to}:${MUTE_PORT}`
}

/** Accepts all connections, and never reads or writes. */
async function listen(sockets: Set<Socket>): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(MUTE_PORT, '::', resolve))
  server.unref()
  return server
}

/** The listener serves both address families, so IPv4 addresses may appear as `::ffff:10.99.1.1`. */
function isAt(socket: Socket, address: string): boolean {
  return socket.localAddress?.replace(/^::ffff:(?=[0-9.]+$)/, '') === address
}

/** `10.99.1.1:3260`, `[fd99::1]:3260` */
function parse(portal: string): Address {
  const match = /^(?:\[(.+)\]|([^:]+)):([0-9]+)$/.exec(portal)
  const address = match?.[1] ?? match?.[2]
  if (address === undefined) throw new Error(`Not a portal: ${portal}`)
  return { family: match?.[1] === undefined ? 'ip' : 'ip6', address, port: Number(match?.[3]) }
}
