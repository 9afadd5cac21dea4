/** The operations that agents request from the library. */
import { type AttachRequest, type Connection, type DetachCall, isBrickworkError, type PartialPolicy } from '../../lib/index.js'
import type { Agent } from './agent.js'
import { handed, markOf } from './attached.js'
import type { Chance } from './chance.js'
import { countingPaths, rightVolume } from './identity.js'
import type { Way } from './layout.js'
import { disksOf, disksSeen } from './look.js'
import { IDS, type World } from './world.js'

export function randomAgent(world: World, chance: Chance): Agent | undefined {
  return chance.one(world.agents.filter(({ attacher, host }) => attacher !== undefined && host.alive))
}
/** Each id usually has its own connection. */
export function wayOf(world: World, owner: string, id: string): Way {
  const { ways } = world.layout
  const index = (owner.length * 3 + IDS.indexOf(id) * 2) % ways.length
  const [first] = ways
  return ways[index] ?? (first as Way)
}
function timeout(chance: Chance): number {
  return chance.of(2000, 8000, 20_000, 20_000, 30_000, 60_000)
}

export function attach(world: World, agent: Agent, chance: Chance): Promise<void> {
  const id = chance.one(IDS) ?? 'one'
  const home = wayOf(world, agent.owner, id)
  const way = chance.percent(8) ? (chance.one(world.layout.ways) ?? home) : home
  const { volume } = way
  const expected = chance.percent(50) ? { wwid: wwidOf(world, chance.percent(6) ? 'other' : volume) } : undefined
  return attachAs(world, agent, id, way, timeout(chance), randomPolicy(chance), expected)
}
export function attachAs(
  world: World,
  agent: Agent,
  id: string,
  way: Way,
  timeoutMs: number,
  policy: PartialPolicy,
  expected?: { readonly wwid: string },
): Promise<void> {
  const { attacher, owner, host } = agent
  if (attacher === undefined) return Promise.resolve()
  const request: AttachRequest = { id, connection: way.connection, policy, ...(expected === undefined ? {} : { expected }) }
  const turn = world.attached.begin(owner, id)
  const from = world.now
  const marks = new Set(disksSeen(host).flatMap(({ name }) => (name === undefined ? [] : [markOf(host, `/dev/${name}`)])))
  const what = `attach ${id} by ${way.name} ${JSON.stringify(policy)}${expected === undefined ? '' : ', expected'} in ${timeoutMs} ms`
  return world.calls.start(agent, {
    died: () => turn.died(),
    what,
    timeoutMs,
    start: (signal) => attacher.attach(request, { timeoutMs, signal }),
    answered: (attachment) => {
      rightVolume(world, way, attachment, from, expected?.wwid)
      countingPaths(world, way, attachment, from, marks)
      turn.end(handed(host, owner, attachment))
      const { device, reused, degraded, paths } = attachment
      return `${device}${reused ? ', reused' : ''}${degraded ? ', degraded' : ''}, ${paths.map((path) => path.device).join(' ')}`
    },
    failed: (error) =>
      turn.end(
        isBrickworkError(error) && ['ERR_CONFLICT', 'ERR_BUSY'].includes(error.code) && error.sideEffects === 'none' ? 'keep' : 'gone',
      ),
  })
}
function randomPolicy(chance: Chance): PartialPolicy {
  return {
    multipath: chance.of('prefer', 'prefer', 'prefer', 'require', 'never'),
    assemble: chance.of('multipathd', 'multipathd', 'direct'),
    paths: { min: chance.of<number | 'all'>(1, 1, 1, 2, 'all'), graceMs: chance.of(0, 500, 2000) },
    ready: chance.of('udev', 'udev', 'kernel'),
    lun: { waitMs: chance.of<number | 'deadline'>(500, 3000, 'deadline') },
  }
}
function wwidOf(world: World, volume: string): string {
  return `naa.${world.host.storage.volumeNamed(volume).naa ?? ''}`
}

export function detach(world: World, agent: Agent, chance: Chance): Promise<void> {
  const had = world.attached.all().filter(({ owner }) => owner === agent.owner)
  const id = chance.percent(75) ? chance.one(had)?.id : undefined
  return detachAs(world, agent, id ?? chance.one(IDS) ?? 'one', timeout(chance), chance.percent(15))
}
export function detachAs(
  world: World,
  agent: Agent,
  id: string,
  timeoutMs: number,
  force: boolean,
  terms: Pick<DetachCall, 'onNoPaths'> = {},
): Promise<void> {
  const { attacher, owner } = agent
  if (attacher === undefined) return Promise.resolve()
  const turn = world.attached.begin(owner, id)
  // A program that only has the device open may lose it by force. So it is declared beforehand that no program relies on it.
  const device = turn.before?.device
  const going = device === undefined ? [] : [device, ...disksOf(world.host, device).map((name) => `/dev/${name}`)]
  if (force) world.people.forget((using) => using.how === 'open' && (device === undefined || going.includes(using.device)))
  return world.calls.start(agent, {
    died: () => turn.died(),
    what: `detach ${id}${force ? ' by force' : ''} in ${timeoutMs} ms`,
    timeoutMs,
    start: (signal) => attacher.detach(id, { timeoutMs, force, signal, ...terms }),
    answered: ({ outcome, kept, remaining: left }) => {
      turn.end('gone')
      return `${outcome}; kept ${kept.map(({ what }) => what).join(', ') || 'nothing'}${left.length > 0 ? `; left ${left.length}` : ''}`
    },
    failed: (error) => turn.end(isBrickworkError(error, 'ERR_HELD') || isBrickworkError(error, 'ERR_BUSY') ? 'keep' : 'gone'),
  })
}
/** Detaches by a connection that an id may have. The state of all ids of that connection is unknown until it has ended. */
export function detachByConnection(world: World, agent: Agent, chance: Chance): Promise<void> {
  const { attacher, owner } = agent
  const way = chance.one(world.layout.ways)
  if (attacher === undefined || way === undefined || foreignOn(world, way.connection)) return Promise.resolve()
  const timeoutMs = timeout(chance)
  const turns = IDS.map((id) => world.attached.begin(owner, id))
  const end = (what: 'keep' | 'gone') => {
    for (const turn of turns) turn.end(what)
  }
  return world.calls.start(agent, {
    died: () => {
      for (const turn of turns) turn.died()
    },
    what: `detach whatever is attached by ${way.name} in ${timeoutMs} ms`,
    timeoutMs,
    start: (signal) => attacher.detach({ connection: way.connection }, { timeoutMs, signal }),
    answered: ({ id, outcome }) => {
      end('gone')
      return `${outcome} ${id ?? 'unknown'}`
    },
    failed: () => end('gone'),
  })
}
/** A detach by connection also applies to the objects that other programs have of it. */
function foreignOn(world: World, connection: Connection): boolean {
  if (connection.protocol !== 'iscsi') return false
  return connection.targets.some(({ iqn }) => world.guests.hasTarget(iqn) || world.people.logins.some((login) => login.iqn === iqn))
}

export function recover(world: World, agent: Agent, timeoutMs = 30_000): Promise<void> {
  const { attacher } = agent
  if (attacher === undefined) return Promise.resolve()
  return world.calls.start(agent, {
    what: `recover in ${timeoutMs} ms`,
    timeoutMs,
    start: (signal) => attacher.recover({ timeoutMs, signal }),
    answered: ({ actions }) => actions.map(({ id, action, reason }) => `${id ?? '?'}: ${action} (${reason})`).join('; ') || 'nothing',
  })
}
export function look(world: World, agent: Agent, chance: Chance): Promise<void> {
  const { attacher } = agent
  if (attacher === undefined) return Promise.resolve()
  const timeoutMs = chance.of(2000, 10_000)
  const id = chance.one(IDS) ?? 'one'
  if (chance.percent(60))
    return world.calls.start(agent, {
      what: 'list',
      timeoutMs,
      start: (signal) => attacher.list({ timeoutMs, signal }),
      answered: (list) => list.map((each) => `${each.id} ${each.state}${each.present ? ', present' : ''}`).join('; ') || 'nothing',
    })
  return world.calls.start(agent, {
    what: `inspect ${id}`,
    timeoutMs,
    start: (signal) => attacher.inspect(id, { timeoutMs, signal }),
    answered: ({ state, holders }) => `${state}, ${holders.length} holders`,
  })
}
