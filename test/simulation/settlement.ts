/** From time to time all faults are removed, and the agents recover and detach everything. Then nothing may be left. */
import { fakeLeftovers } from '../world/fake/look.js'
import type { BlockDevice } from '../../lib/testing/block/block-device.js'
import { Agent, RUN_DIR, stateDirOf } from './agent.js'
import type { Chance } from './chance.js'
import { checkInvariants } from './invariants.js'
import { healAlone } from './heals.js'
import { arriveWithMap } from './guest-steps.js'
import type { Way } from './layout.js'
import { disksSeen, ourRecords, sessionsSeen } from './look.js'
import { attachAs, detachAs, recover, wayOf } from './operations.js'
import { arriveFirst, leave } from './trouble.js'
import { Violation } from './violation.js'
import { IDS, OWNERS, type World } from './world.js'

/** Time for sessions to reconnect, checkers to run, and windows of logins to end. */
const HEAL_MS = 30_000

/** @param others the random choices of the additional programs */
export async function settle(world: World, chance: Chance, others: Chance): Promise<void> {
  world.tell('--- everything is put right ---')
  await heal(world)
  await closeAll(world)
  const [north, south] = await nextAgents(world)
  await rehearse(world, north)
  await rehearse(world, south)
  for (const agent of [north, south]) {
    await world.within(60_000, recover(world, agent, 60_000))
    world.check()
  }
  for (const agent of [north, south]) await healAlone(world, agent)
  world.survivors = new Set()
  for (const agent of [north, south]) for (const id of IDS) await mustDetach(world, agent, id)
  for (const session of await world.guests.takeAdvice()) world.tell(`as advised, somebody logs out of ${session}`)
  await mustAttach(world, chance.of(north, south), chance)
  await Promise.all([north, south].map((agent) => world.close(agent)))
  expectNothingLeft(world)
  while (world.people.logins.length > 0 && chance.percent(60)) await leave(world, chance)
  for (let guests = chance.of(0, 0, 1, 2); guests > 0; guests--) await arriveFirst(world, chance)
  if (world.layout.container === 'own network') returnToContainer(world)
  await arriveWithMap(world, others)
  for (const agent of world.agents) {
    agent.startAgain(world.host.process())
    await world.within(12_000, world.open(agent))
  }
  world.tell('--- and all begins anew ---')
  checkInvariants(world)
}

/** multipathd goes back into its container. */
function returnToContainer({ host }: World): void {
  if (host.multipathd.running) host.multipathd.restart()
}

async function heal(world: World): Promise<void> {
  const { host, layout, people } = world
  world.withdraw(() => true)
  layout.side.heal()
  if (!host.iscsid.running) host.iscsid.start()
  // Where multipathd has created maps it must run, because only multipathd removes paths from them.
  const needed = layout.multipathd === 'running' || host.mapper.all().length > 0
  if (needed && !host.multipathd.running) host.multipathd.start()
  // Nobody can have it take a path out of a map while it has a network of its own (docs/containers.md): it is moved to that of the host.
  if (!host.multipathd.reachable) {
    host.multipathd.stop()
    host.multipathd.start('host network')
  }
  people.forget(() => true)
  people.deactivate()
  await world.guests.releaseDisks()
  await world.rest()
  world.check()
  await world.revive()
  // A record with automatic scans blocks every attach.
  for (const login of people.logins.filter(({ session }) => session === undefined)) await people.leave(login)
  await host.clock.advance(HEAL_MS)
  checkInvariants(world)
}

async function closeAll(world: World): Promise<void> {
  await Promise.all(world.agents.map((agent) => world.within(90_000, world.close(agent))))
  world.check()
  await world.rest()
  const { host, agents } = world
  const left = [
    ...host.locked.map((file) => `the lock ${file}`),
    ...host.users.holds.map((device) => `${device} is held open`),
    ...agents.filter((agent) => agent.host.alive && agent.host.clock.sleeping > 0).map(({ name }) => `a timer of ${name}`),
  ]
  if (left.length > 0) throw new Violation('a closed attacher leaves no lock, hold or timer', left.join(', '))
  for (const agent of agents) agent.host.crash()
}

async function nextAgents(world: World): Promise<readonly [Agent, Agent]> {
  const next = async (owner: string): Promise<Agent> => {
    const agent = new Agent(`${owner}-next`, owner, world.host.process())
    await world.open(agent)
    return agent
  }
  return [await next('north'), await next('south')]
}

/** A dry run changes nothing. */
async function rehearse(world: World, agent: Agent): Promise<void> {
  const snapshot = () => JSON.stringify([[...world.state()], fakeLeftovers(world.host)])
  const before = snapshot()
  await world.calls.start(agent, {
    what: 'recover, dry run',
    timeoutMs: 30_000,
    start: async () => await (agent.attacher ?? (await agent.open())).recover({ dryRun: true }),
    answered: ({ actions }) => actions.map(({ id, action }) => `${id ?? '?'}: ${action}`).join('; ') || 'nothing',
    failed: (error) => world.broken(new Violation('the journal can be replayed', `recover({ dryRun: true }) failed: ${String(error)}`)),
  })
  world.check()
  if (snapshot() !== before) throw new Violation('the journal can be replayed', 'recover({ dryRun: true }) has changed something')
}

/** On a host that is clean except for other programs, a volume that they don't use can be attached and detached. */
async function mustAttach(world: World, agent: Agent, chance: Chance): Promise<void> {
  const theirs = new Set(world.people.logins.map(({ iqn }) => iqn))
  // What LVM activates over a single disk is in the way of an attach.
  const taken = ({ places, volume }: Way) => places.some(({ iqn }) => theirs.has(iqn)) || world.layout.volumeGroups.includes(volume)
  const id = chance.one(IDS.filter((each) => !taken(wayOf(world, agent.owner, each))))
  if (id === undefined) return
  const failuresBefore = world.calls.failed
  const way = wayOf(world, agent.owner, id)
  await attachAs(world, agent, id, way, 60_000, { multipath: 'prefer' })
  world.check()
  if (world.calls.failed > failuresBefore)
    throw new Violation('when everything is right, a volume can be attached', `attach of ${id} by ${way.name} failed`)
  await mustDetach(world, agent, id)
}

async function mustDetach(world: World, agent: Agent, id: string): Promise<void> {
  const failuresBefore = world.calls.failed
  // The owner of the session has logged out below a map with unwritten data. Only the map's owner may discard that data.
  const given = world.host.mapper.all().some(({ paths }) => paths.every(({ block }) => !block.live))
  world.people.deactivate()
  await detachAs(world, agent, id, 60_000, false, given ? { onNoPaths: 'fail-io' } : {})
  world.check()
  if (world.calls.failed > failuresBefore)
    throw new Violation('when everything is right, what is attached can be detached', `${agent.name}: detach of ${id} failed`)
}

function expectNothingLeft({ host, layout, people }: World): void {
  const sessions = new Set(people.logins.map(({ session }) => session))
  const disks = new Set(people.logins.flatMap((login) => login.disks))
  const theirs = new Set(disksSeen(host).flatMap(({ hctl, name }) => (disks.has(hctl) ? [name] : [])))
  const wasTheirs = ({ block }: { readonly block: BlockDevice }) => theirs.has(block.name) || people.hadDisks.has(block.hctl ?? '')
  const maps = host.mapper.all().filter(({ paths }) => paths.length === 0 || !paths.every(wasTheirs))
  const directories = [...OWNERS.map((owner) => `${stateDirOf(owner)}/attachments`), `${RUN_DIR}/claims`, `${RUN_DIR}/by-id`]
  const left = [
    ...sessionsSeen(host).flatMap(({ id, iqn, portal }) => (sessions.has(id) ? [] : [`session ${id} to ${iqn} at ${portal}`])),
    ...disksSeen(host).flatMap(({ hctl, name }) => (disks.has(hctl) ? [] : [`disk ${name ?? hctl}`])),
    ...maps.map(({ uuid, paths }) => `map ${uuid} over ${paths.map(({ block }) => block.name).join(', ')}`),
    ...ourRecords(host, layout.recordRoot).map((path) => `record ${path}`),
    ...directories.flatMap((directory) =>
      host
        .names(directory)
        .filter((name) => !name.endsWith('.tmp')) // of a killed writer
        .map((name) => `${directory}/${name}`),
    ),
    ...host.locked.map((file) => `the lock ${file}`),
    ...host.users.holds.map((device) => `a hold of ${device}`),
  ]
  if (left.length > 0) throw new Violation('nothing is left when all is detached', left.join('; '))
}
