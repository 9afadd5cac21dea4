/** Shared by the multipath scenarios: one target with four portals. */
import type { AttachRequest } from '../../lib/index.js'
import { IQN, request, truthy } from './expect.js'
import type { MultipathdOptions, World } from './world.js'

export const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
export const [FIRST = ''] = PORTALS
/** A separate target for one path, with one portal. */
export const OTHER = 'iqn.2024-01.org.example:other'
export const OTHER_PORTAL = '10.99.5.1:3260'

/** Creates four portals of one target, and a multipathd with shipped configuration unless `options` are given. */
export async function serveFour(world: World, options?: MultipathdOptions): Promise<void> {
  await world.multipathd('running', options)
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
/**
 * An emulated guest is five to ten times as slow as a real machine, so multipathd gets more than the usual two seconds to add existing
 * paths.
 */
const GRACE_MS = 6000
export const multipath = (id: string, policy: object = {}) =>
  request(id, { portals: PORTALS, policy: { multipath: 'prefer', paths: { graceMs: GRACE_MS }, ...policy } })
/** Three of the portals, and another target as the fourth path. */
export function withOther(id: string, more: Partial<AttachRequest> = {}): AttachRequest {
  const targets = [...PORTALS.slice(0, 3).map((portal) => ({ portal, iqn: IQN, lun: 1 })), { portal: OTHER_PORTAL, iqn: OTHER, lun: 1 }]
  return { ...multipath(id), connection: { protocol: 'iscsi', targets }, ...more }
}
/** The number of active paths in all maps. */
export async function pathsOf(world: World): Promise<number> {
  return (await world.maps()).reduce((sum, { paths }) => sum + paths.filter(({ state }) => state === 'active').length, 0)
}
/** Waits for a condition that the world fulfils by itself. */
export async function eventually(world: World, what: string, condition: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  for (const end = world.now() + withinMs; !(await condition()); ) {
    truthy(world.now() < end, `${what} within ${withinMs} ms`)
    await world.sleep(250)
  }
}

/** The location of open-iscsi's database on this host, which depends on the distribution. The package creates the directory empty. */
export async function databaseRoot(world: World): Promise<string> {
  return (await world.list('/var/lib')).includes('iscsi') ? '/var/lib/iscsi' : '/etc/iscsi'
}
