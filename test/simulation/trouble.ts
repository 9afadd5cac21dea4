/** Faults: on the network, on the storage side, in the machine's calls, in its daemons and its power. */
import type { Effect, PortCall } from '../../lib/testing/index.js'
import { sessionsBelow, sessionsSeen } from './look.js'
import type { Chance } from './chance.js'
import type { World } from './world.js'

export function network(world: World, chance: Chance): void {
  const { side } = world.layout
  const portal = chance.one(side.portals) ?? ''
  const state = chance.of('drop', 'refuse', 'mute', 'open', 'open')
  world.tell(`portal ${portal}: ${state}`)
  side.portal(portal, state)
}
export function luns(world: World, chance: Chance): void {
  const { side, volumes } = world.layout
  const place = chance.one(side.places)
  if (place === undefined) return
  const volume = chance.percent(50) ? undefined : chance.one(volumes)
  world.tell(`LUN ${place.lun} of ${place.iqn}: ${volume ?? 'nothing'}`)
  side.point(place, volume)
}
export function healing(world: World): void {
  world.tell('the storage side is as it was')
  world.layout.side.heal()
}

/** Queries end when their signal aborts: they may hang, and be late. */
const QUESTIONS: readonly PortCall[] = [
  'kernel.readTree',
  'kernel.readChanged',
  'kernel.scsi',
  'kernel.connect',
  'kernel.flush',
  'kernel.openers',
  'kernel.deviceMapper',
  'kernel.hold',
]
/**
 * Changes are carried out at once or not at all, and their answers may never come. A real machine does not carry them out long after all
 * callers have ended.
 */
const CHANGES: readonly PortCall[] = [
  'kernel.write',
  'kernel.exchange',
  'kernel.removeMap',
  'kernel.createMap',
  'kernel.setReadOnly',
  'kernel.changeRecord',
  'commands.run',
]
const FILES: readonly PortCall[] = ['files.replace', 'files.link', 'files.makeDirectory', 'locks.take']

export function calls(world: World, chance: Chance): void {
  const kind = chance.of('hang', 'fail', 'fail', 'delay')
  const choices = { hang: [...QUESTIONS, ...CHANGES], fail: [...QUESTIONS, ...CHANGES, ...FILES], delay: QUESTIONS }[kind]
  const on = chance.one(choices) ?? 'kernel.readTree'
  const times = chance.of(1, 1, 2, 5)
  const hang = CHANGES.includes(on) ? 'after' : on === 'kernel.hold' ? 'before' : chance.of('before', 'after')
  const does: Effect =
    kind === 'hang'
      ? { hang }
      : kind === 'fail'
        ? { fail: chance.of('EIO', 'ENOMEM', 'EACCES', 'ENOSPC') }
        : { delayMs: chance.of(200, 2000, 12_000) }
  const matching = on === 'commands.run' ? [chance.of('--login', '--logout')] : []
  const planted = world.host.faults.plant({ on, times, does, matching })
  world.plant(`${on} ${matching.join(' ')} ${JSON.stringify(does)}, ${times} times`, on, planted)
}
export function stateDisk(world: World, chance: Chance): void {
  const errno = chance.of('ENOSPC', 'EROFS', 'EIO')
  const planted = world.host.faults.plant({ on: 'files.commit', times: chance.of(1, 2, 50), does: { fail: errno } })
  world.plant(`the disk of the journals: ${errno}`, 'files.commit', planted)
}
export function relief(world: World, chance: Chance): void {
  const chosen = chance.one(world.troubles)
  world.withdraw((trouble) => trouble === chosen)
}
export function multipathd(world: World, chance: Chance): void {
  const { host, layout } = world
  if (layout.multipathd === 'absent') return
  const what = chance.of('stop', 'start', 'restart', 'kill')
  world.tell(`multipathd: ${what}`)
  if (what === 'restart') host.multipathd.restart()
  else host.multipathd[what]()
}
export function iscsid(world: World): void {
  world.tell('iscsid is started again')
  world.host.iscsid.stop()
  world.host.iscsid.start()
}

/** Other programs come and go while agents work: on their own target, and on devices of agents. */
export async function people(world: World, chance: Chance): Promise<void> {
  const kind = chance.of('use', 'use', 'use', 'end', 'end', 'login', 'leave')
  if (kind === 'use') use(world, chance)
  else if (kind === 'end') chance.one(world.people.using)?.end()
  else if (kind === 'login') await arriveAtTheirOwn(world, chance)
  else await leave(world, chance)
}
function use(world: World, chance: Chance): void {
  const device = chance.percent(80) ? chance.one(world.attached.all())?.device : '/dev/vdb'
  const how = chance.of('mounted', 'open')
  if (device === undefined) return
  const using = world.people.use(device, how)
  if (using !== undefined) world.tell(`somebody has ${device} ${how}`)
}
async function arriveAtTheirOwn(world: World, chance: Chance): Promise<void> {
  const { iqn, portal } = world.layout.foreignTarget
  if (world.people.logins.some((login) => login.iqn === iqn) || world.layout.side.troubledPortals.includes(portal)) return
  world.withdraw(({ on }) => on === 'commands.run')
  world.tell(`somebody logs in to ${iqn}`)
  await world.people.arrive(iqn, portal, chance.percent(80))
}
export async function leave(world: World, chance: Chance): Promise<void> {
  const login = chance.one(world.people.logins)
  if (login === undefined) return
  world.withdraw(({ on }) => on === 'commands.run')
  await world.rest()
  world.tell(`somebody logs out of ${login.iqn} at ${login.portal}`)
  const { session } = login
  if (session !== undefined) {
    world.people.forget((using) => using.sessions.includes(session))
    world.attached.lost(({ device }) => sessionsBelow(world.host, device).includes(session))
  }
  world.guests.leave(login)
  await world.people.leave(login)
}
/** Before any agent works, another program uses a target that agents will use too. */
export async function arriveFirst(world: World, chance: Chance): Promise<void> {
  const { side, ways } = world.layout
  const way = chance.one(ways)
  if (way?.connection.protocol !== 'iscsi') return
  const target = chance.one(way.connection.targets)
  const portal = target?.portal
  if (target === undefined || portal === undefined || side.troubledPortals.length > 0) return
  const there = sessionsSeen(world.host).some((each) => each.iqn === target.iqn && each.portal === portal.replace(':', ' '))
  if (there || world.people.logins.some((each) => each.iqn === target.iqn && each.portal === portal)) return
  const session = chance.percent(70)
  world.tell(`somebody ${session ? 'logs in to' : 'makes a record of'} ${target.iqn} at ${portal}`)
  await world.people.arrive(target.iqn, portal, session)
}
