/** Steps in which other programs create their own maps, and use disks in sessions of agents. */
import type { Chance } from './chance.js'
import { GUEST_LUN } from './layout.js'
import { disksSeen, sessionsSeen } from './look.js'
import { arriveFirst } from './trouble.js'
import type { World } from './world.js'

/** Percentage of steps after which another program uses a disk in a session of an agent. */
const GUEST_PERCENT = 8

/** Another program makes the kernel find a disk in a session of an agent, preferably in one without disks, and uses it. */
export async function guestStep(world: World, chance: Chance): Promise<void> {
  const { layout, guests, people, host } = world
  if (!layout.others.disks || guests.disks.length > 0 || !chance.percent(GUEST_PERCENT)) return
  if (layout.side.troubledPortals.length > 0 || world.troubles.some(({ on }) => on === 'kernel.write')) return
  const foreign = new Set(people.logins.map(({ session }) => session))
  const served = (iqn: string) => layout.side.places.some((place) => place.iqn === iqn && !iqn.endsWith(':c'))
  const sessions = sessionsSeen(host).filter(({ id, iqn }) => !foreign.has(id) && served(iqn))
  const carrying = new Set(disksSeen(host).map(({ session }) => session))
  const session = chance.one(sessions.filter(({ id }) => !carrying.has(id))) ?? chance.one(sessions)
  if (session === undefined) return
  const how = chance.of('mounted', 'open')
  world.tell(`somebody looks for LUN ${GUEST_LUN} in session ${session.id} to ${session.iqn}`)
  const disk = await guests.disk(session, GUEST_LUN, how)
  if (disk !== undefined) world.tell(`somebody has ${disk.device} in session ${disk.session} ${how}`)
}

/** Before any agent works, another program logs in to a target that agents will use, and has its own map over a disk there. */
export async function arriveWithMap(world: World, chance: Chance): Promise<void> {
  const { layout, guests, people } = world
  if (!layout.others.maps || guests.maps.length > 0) return
  if (chance.percent(60)) await arriveFirst(world, chance)
  const logins = people.logins.filter(({ iqn, session }) => session !== undefined && iqn !== layout.foreignTarget.iqn)
  const login = chance.one(logins)
  const hctl = chance.one((login?.disks ?? []).filter((each) => Number(each.split(':')[3]) !== GUEST_LUN))
  const queueing = chance.percent(50)
  const how = chance.of('mounted', 'open')
  if (login === undefined || hctl === undefined) return
  const map = guests.map(login, hctl, queueing, how)
  if (map !== undefined) world.tell(`somebody has the map ${map.map.name} over ${hctl}, which is ${how}`)
}
