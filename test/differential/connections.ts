/** Connections in the form that Cinder returns. */
import { IQN, PORTAL } from '../world/expect.js'
import { OTHER, OTHER_PORTAL, PORTALS } from '../world/four.js'
import type { MultipathdOptions, World } from '../world/world.js'
import type { ConnectionData } from './party.js'

export const MULTIPATH = { multipath: true } as const
const COMMON = { volume_id: 'vol-1', target_discovered: false, encrypted: false, access_mode: 'rw', qos_specs: null }

/** The single form. For a single path neither party discovers more portals; for a map both ask the target for them. */
export function single(more: ConnectionData = {}): ConnectionData {
  return { ...COMMON, target_portal: PORTAL, target_iqn: IQN, target_lun: 1, ...more }
}
/** The form with lists. */
export function lists(portals: readonly string[] = PORTALS, more: ConnectionData = {}): ConnectionData {
  const each = <T>(value: T) => portals.map(() => value)
  return { ...single(), target_portals: portals, target_iqns: each(IQN), target_luns: each(1), ...more }
}
/** One target name for each portal. */
export function twoTargets(luns: readonly number[] = [1, 1]): ConnectionData {
  return { ...single({ target_lun: luns[0] }), target_portals: [PORTAL, OTHER_PORTAL], target_iqns: [IQN, OTHER], target_luns: luns }
}

/** One portal, whose LUN 1 is a volume that reads `volume data`. */
export async function onePortal(world: World): Promise<void> {
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
}
/** Four portals of one target, and multipathd with shipped configuration. */
export async function fourPortals(world: World, options?: MultipathdOptions): Promise<void> {
  await world.multipathd('running', options)
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
/** Two targets with one portal each. Both serve the volume. */
export async function twoNames(world: World, luns: Readonly<Record<number, string>> = { 1: 'data' }): Promise<void> {
  await world.multipathd('running')
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await world.target({ iqn: OTHER, portals: [OTHER_PORTAL], luns })
}
