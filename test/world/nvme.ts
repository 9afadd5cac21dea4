/** What a scenario may do to NVMe over TCP, besides what every {@link World} offers. Both worlds have the same interface. */
import type { AttachRequest, Connection } from '../../lib/index.js'
import { namespaceUuid } from '../../lib/testing/nvme/targets.js'
import { equal, truthy } from './expect.js'
import { eventually } from './four.js'
import type { World } from './world.js'

export interface NvmeStorage {
  /** Creates a subsystem. Addresses of portals are added to the storage side as needed. */
  subsystem(options: SubsystemOptions): Promise<void>
  /** Removes the whole subsystem, even while it has controllers. */
  removeSubsystem(nqn: string): Promise<void>
  /** Maps a namespace, also in place of another one of the same number. */
  map(nqn: string, nsid: number, volume: string): Promise<void>
  unmap(nqn: string, nsid: number): Promise<void>
  /** The size of a volume of this subsystem has changed: it tells its hosts. */
  revalidate(nqn: string, nsid: number): Promise<void>
  /** Sets the state of an ANA group at a portal. */
  ana(nqn: string, portal: string, group: number, state: 'optimized' | 'non-optimized' | 'inaccessible'): Promise<void>

  /** A portal that answers the greeting of a new connection, and nothing more, until the scenario ends. */
  greeter(nqn: string, portal: string): Promise<void>

  /** Another program connects, with the host's own pair of names. Returns the name of the controller. */
  connect(nqn: string, portal: string): Promise<string>
  /** Another program deletes a controller. */
  disconnect(controller: string): Promise<void>
}
export interface SubsystemOptions {
  readonly nqn: string
  /** `10.99.1.1:4420` */
  readonly portals: readonly string[]
  /** Names of volumes by number of the namespace. The UUID depends on the name of the volume. */
  readonly namespaces: Readonly<Record<number, string>>
  /** ANA group of the namespaces. Default 1. */
  readonly group?: number
  /** NQNs of the hosts that may connect. Default: any host. */
  readonly hosts?: readonly string[]
}

/** The pair of the host, which every scenario with NVMe gives it. */
export const PAIR = {
  nqn: 'nqn.2014-08.org.nvmexpress:uuid:3b1f0a52-6f0c-4d0e-9f57-0d6f3f1c2a11',
  id: '3b1f0a52-6f0c-4d0e-9f57-0d6f3f1c2a11',
} as const
export async function nameHost(world: World): Promise<void> {
  await world.writeText('/etc/nvme/hostnqn', `${PAIR.nqn}\n`)
  await world.writeText('/etc/nvme/hostid', `${PAIR.id}\n`)
}

export const NQN = 'nqn.2014-08.org.example:one'
export const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:4420`)
export const [FIRST = '', SECOND = ''] = PORTALS

export interface Asked extends Partial<Omit<AttachRequest, 'id' | 'connection'>> {
  readonly portals?: readonly string[]
  readonly volume?: string
  readonly namespace?: object
  readonly nqn?: string
  readonly host?: { readonly nqn: string; readonly id: string }
}
/** An emulated guest needs seconds for a connect. */
const GRACE_MS = 15_000
export function nvmeRequest(id: string, asked: Asked = {}): AttachRequest {
  const { portals = PORTALS, volume = 'data', namespace = { uuid: namespaceUuid(volume) }, nqn = NQN, host, policy = {}, ...rest } = asked
  const connection = { protocol: 'nvme', nqn, portals: portals.map((portal) => `tcp://${portal}`), namespace, ...(host && { host }) }
  return { id, connection: connection as Connection, ...rest, policy: { paths: { graceMs: GRACE_MS }, ...policy } }
}
/** The volume `data` is namespace 1 of one subsystem with these portals. */
export async function serveNvme(world: World, portals: readonly string[] = PORTALS): Promise<void> {
  await nameHost(world)
  await world.volume('data', { content: 'ext4' })
  await world.nvme.subsystem({ nqn: NQN, portals, namespaces: { 1: 'data' } })
}

/** What the host has of NVMe over Fabrics: `nqn portal state` of controllers, and the names of its namespaces' devices. */
export interface NvmeSeen {
  readonly controllers: readonly string[]
  readonly subsystems: readonly string[]
  readonly devices: readonly string[]
}
const CLASS = '/sys/class/nvme'
const SUBSYSTEM_MS = 10_000
export async function seen(world: World): Promise<NvmeSeen> {
  const text = async (file: string) => ((await world.readText(file)) ?? '').trim()
  const controllers: string[] = []
  for (const name of await world.list(CLASS)) {
    const address = await text(`${CLASS}/${name}/address`)
    const portal = `${/traddr=([^,]*)/.exec(address)?.[1] ?? ''}:${/trsvcid=([^,]*)/.exec(address)?.[1] ?? ''}`
    controllers.push(`${await text(`${CLASS}/${name}/subsysnqn`)} ${portal} ${await text(`${CLASS}/${name}/state`)}`)
  }
  const subsystems: string[] = []
  for (const name of await world.list('/sys/class/nvme-subsystem'))
    subsystems.push(await text(`/sys/class/nvme-subsystem/${name}/subsysnqn`))
  const devices = (await world.list('/sys/block')).filter((name) => /^nvme\d+n\d+$/.test(name))
  return { controllers: controllers.sort(), subsystems: subsystems.sort(), devices }
}
export const live = (portals: readonly string[], nqn = NQN) => portals.map((portal) => `${nqn} ${portal} live`)
/** A subsystem without controllers is there until the last program has closed its device, for example udev's. */
export async function expectNoNvme(world: World, when: string): Promise<void> {
  const { controllers, devices } = await seen(world)
  equal({ controllers, devices }, { controllers: [], devices: [] }, `NVMe of the host ${when}`)
  await eventually(world, `no subsystem ${when}`, async () => (await seen(world)).subsystems.length === 0, SUBSYSTEM_MS)
}
/** The device has the bytes of the volume. */
export async function expectContent(world: World, device: string, volume: string): Promise<void> {
  const [found, meant] = [await world.read(device, 4096), await world.content(volume, 4096)]
  truthy(Buffer.from(found).equals(Buffer.from(meant)), `${device} has the content of ${volume}`)
}
