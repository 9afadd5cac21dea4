/** Heals, and the promise that they only add: no map loses a live path by one. */
import type { HealReport } from '../../lib/index.js'
import type { DmMap } from '../../lib/testing/index.js'
import type { Agent } from './agent.js'
import type { Chance } from './chance.js'
import { randomAgent } from './operations.js'
import { Violation } from './violation.js'
import { IDS, type World } from './world.js'

const MOST_AT_ONCE = 8

/** At any moment, with everything else that goes on. */
export function healStep(world: World, chance: Chance): void {
  if (!chance.percent(7) || world.calls.size >= MOST_AT_ONCE) return
  const agent = randomAgent(world, chance)
  const had = agent === undefined ? [] : world.attached.all().filter(({ owner }) => owner === agent.owner)
  const id = chance.percent(30) ? undefined : (chance.one(had)?.id ?? chance.one(IDS))
  if (agent !== undefined) void heal(world, agent, id, chance.of(2000, 8000, 20_000, 60_000))
}

/** Once everything is put right and nothing else goes on: each path that is live before a heal is live after it. */
export async function healAlone(world: World, agent: Agent): Promise<void> {
  const before = world.host.mapper.all().map((map) => ({ map, live: livePaths(map) }))
  await heal(world, agent, undefined, 60_000)
  world.check()
  for (const { map, live } of before) {
    const lost = map.gone ? live : live.filter((name) => !livePaths(map).includes(name))
    if (lost.length > 0)
      throw new Violation('a heal only adds', `${lost.join(', ')} of map ${map.uuid} was live before the heal of ${agent.name}`)
  }
}

async function heal(world: World, agent: Agent, id: string | undefined, timeoutMs: number): Promise<void> {
  const { attacher } = agent
  if (attacher === undefined) return
  await world.calls.start(agent, {
    what: `heal ${id ?? 'all'} in ${timeoutMs} ms`,
    timeoutMs,
    start: (signal) => attacher.heal(id, { timeoutMs, signal }),
    answered: said,
  })
}
function said({ attachments }: HealReport): string {
  const each = attachments.map(({ id, paths, error }) => {
    const counts = (['already', 'added', 'failed'] as const).map(
      (action) => `${paths.filter((path) => path.action === action).length} ${action}`,
    )
    return `${id}: ${error?.code ?? counts.join(', ')}`
  })
  return each.join('; ') || 'nothing'
}
function livePaths({ paths }: DmMap): string[] {
  return paths.filter(({ active, block }) => active && block.live).map(({ block }) => block.name)
}
