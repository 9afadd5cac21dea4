/** What the stories of multipath have in common: one target, four portals. */
import type { AttachRequest } from '../../lib/index.js'
import { IQN, request, truthy } from './expect.js'
import type { MultipathdOptions, World } from './world.js'

export const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
export const [FIRST = ''] = PORTALS
/** A target of its own for one path, with one portal. */
export const OTHER = 'iqn.2024-01.org.example:other'
export const OTHER_PORTAL = '10.99.5.1:3260'

/** Four portals of one target, and a multipathd as it is shipped unless something else is said. */
export async function serveFour(world: World, options?: MultipathdOptions): Promise<void> {
  await world.multipathd('running', options)
  await world.volume('data', { content: 'ext4' })
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
}
/** An emulated guest is five to ten times as slow as a machine: multipathd gets more than the usual two seconds to add the paths that are there. */
const GRACE_MS = 6000
export const multipath = (id: string, policy: object = {}) =>
  request(id, { portals: PORTALS, policy: { multipath: 'prefer', paths: { graceMs: GRACE_MS }, ...policy } })
/** Three of the portals, and as the fourth way another target. */
export function withOther(id: string, more: Partial<AttachRequest> = {}): AttachRequest {
  const targets = [...PORTALS.slice(0, 3).map((portal) => ({ portal, iqn: IQN, lun: 1 })), { portal: OTHER_PORTAL, iqn: OTHER, lun: 1 }]
  return { ...multipath(id), connection: { protocol: 'iscsi', targets }, ...more }
}
/** How many active paths all maps have. */
export async function pathsOf(world: World): Promise<number> {
  return (await world.maps()).reduce((sum, { paths }) => sum + paths.filter(({ state }) => state === 'active').length, 0)
}
/** Waits for what the world brings about by itself. */
export async function eventually(world: World, what: string, condition: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  for (const end = world.now() + withinMs; !(await condition()); ) {
    truthy(world.now() < end, `${what} within ${withinMs} ms`)
    await world.sleep(250)
  }
}

/** Where open-iscsi has its database on this host: distributions differ. The directory comes with the package, before anything is in it. */
export async function databaseRoot(world: World): Promise<string> {
  return (await world.list('/var/lib')).includes('iscsi') ? '/var/lib/iscsi' : '/etc/iscsi'
}
