/** Faults of the network and LVM: lost large packets, redirected logins, a second host with the same initiator name, activated logical volumes. */
import type { Chance } from './chance.js'
import type { World } from './world.js'

/** Percentage of steps after which a fault starts or ends. */
const ODD_PERCENT = 8
const LEAVE_PERCENT = 20

/** The number of each of them in a world so far. */
export interface Oddities {
  lost: number
  redirects: number
  rivals: number
  volumeGroups: number
}

export function oddStep(world: World, chance: Chance): void {
  const { layout, oddities } = world
  const { side } = layout
  if (layout.volumeGroups.length > 0) volumeGroupStep(world, chance)
  if (layout.oddity === 'none' || !chance.percent(ODD_PERCENT)) return
  const portal = chance.one(side.portals) ?? ''
  if (layout.oddity === 'large packets are lost') {
    const state = chance.of('lost', 'lost', 'pass')
    world.tell(`large packets from ${portal}: ${state}`)
    side.largePackets(portal, state)
    if (state === 'lost') oddities.lost += 1
  } else if (layout.oddity === 'logins are redirected') {
    // To one that serves the same target, to one that doesn't, or to nobody.
    const to = chance.one([...side.portals, '10.99.9.9:3260', undefined])
    world.tell(`logins at ${portal} are redirected to ${to ?? 'nowhere else'}`)
    side.redirect(portal, to === portal ? undefined : to)
    if (to !== undefined && to !== portal) oddities.redirects += 1
  } else {
    const { iqn } = chance.one(side.places) ?? { iqn: '' }
    const everyMs = chance.of(0, 40, 400, 3000)
    world.tell(`another host with the name of this one logs in to ${iqn} ${everyMs === 0 ? 'no more' : `after ${everyMs} ms`}`)
    side.rival(iqn, everyMs)
    if (everyMs > 0) oddities.rivals += 1
  }
}

/** LVM has activated logical volumes; now and then somebody deactivates one. */
function volumeGroupStep(world: World, chance: Chance): void {
  const seen = world.people.logicalVolumes()
  world.oddities.volumeGroups += seen.filter((name) => !world.knownVolumes.has(name)).length
  world.knownVolumes = new Set(seen)
  if (seen.length > 0 && chance.percent(LEAVE_PERCENT)) {
    world.tell(`somebody deactivates ${seen.join(', ')}`)
    world.people.deactivate()
  }
}
