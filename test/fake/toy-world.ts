/** A fake machine with the toy transport besides the library's own, and one volume that the kernel finds at every port. */
import type { Attacher, AttachRequest } from '../../lib/index.js'
import { BrickworkAttacher } from '../../lib/attach/attacher.js'
import { createConnectors } from '../../lib/connectors/index.js'
import type { FakeHostOptions } from '../../lib/testing/index.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'
import { toyConnection } from './toy-transport/connection.js'
import { addToyPorts, KERNEL_SCAN_MS, TARGET, type ToyMachine } from './toy-transport/machine.js'
import { createToyConnector } from './toy-transport/transport.js'

export const PORTS = ['left', 'right'] as const
export const LUN = 1

export interface ToyWorld extends FakeWorld {
  readonly toy: ToyMachine
}
export interface Toy {
  readonly world: ToyWorld
  readonly attacher: Attacher
  /** The kernel has scanned every port. */
  readonly scanned: () => Promise<void>
}

/** A world without volumes. Its attachers also have the toy transport. */
export async function createToyWorld(options: FakeHostOptions = {}, ports: readonly string[] = PORTS): Promise<ToyWorld> {
  const world = await createFakeWorld(options, async (given) =>
    BrickworkAttacher.open(given, [...(await createConnectors()), createToyConnector()]),
  )
  const toy = addToyPorts(world.host, ports)
  return Object.defineProperty(world, 'toy', { value: toy }) as ToyWorld
}
/** With `data` at LUN 1 of each port; `other` is at none. */
export async function withVolume(options: FakeHostOptions = {}): Promise<Toy> {
  const world = await createToyWorld(options)
  for (const name of ['data', 'other']) await world.volume(name, { content: 'ext4' })
  world.toy.map(LUN, 'data')
  return { world, attacher: await world.attacher(), scanned: () => world.sleep((PORTS.length + 1) * KERNEL_SCAN_MS) }
}
export function toyRequest(
  id: string,
  { ports = PORTS, ...more }: Partial<AttachRequest> & { ports?: readonly string[] } = {},
): AttachRequest {
  return { id, connection: toyConnection({ target: TARGET, ports, lun: LUN }), policy: { multipath: 'never' }, ...more }
}
