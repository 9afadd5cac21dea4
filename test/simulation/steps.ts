/** The possible events of a step, and their frequencies. */
import type { Chance } from './chance.js'
import { attach, detach, detachByConnection, look, randomAgent, recover } from './operations.js'
import * as trouble from './trouble.js'
import type { World } from './world.js'

interface Step {
  readonly weight: number
  readonly run: (world: World, chance: Chance) => unknown
}
const MOST_AT_ONCE = 8

/** A call of a random agent. The step does not wait for it. */
function byAgent(
  weight: number,
  start: (world: World, agent: NonNullable<ReturnType<typeof randomAgent>>, chance: Chance) => unknown,
): Step {
  return {
    weight,
    run: (world, chance) => {
      const agent = world.calls.size < MOST_AT_ONCE ? randomAgent(world, chance) : undefined
      if (agent !== undefined) void start(world, agent, chance)
    },
  }
}

const steps: readonly Step[] = [
  byAgent(34, attach),
  byAgent(22, detach),
  byAgent(4, detachByConnection),
  byAgent(5, (world, agent) => recover(world, agent)),
  byAgent(5, look),
  byAgent(3, (world, agent) => world.close(agent).then(() => (agent.host.alive ? world.open(agent) : undefined))),
  byAgent(3, (world, agent) => world.crash(agent)),
  byAgent(7, (world, agent, chance) => {
    const call = agent.host.calls + chance.between(1, 200)
    const moment = chance.of('before', 'after')
    world.tell(`${agent.name}: dies ${moment} its call ${call}`)
    agent.host.crashAt(call, moment)
  }),
  { weight: 1, run: (world) => world.reboot() },
  { weight: 7, run: trouble.network },
  { weight: 3, run: trouble.luns },
  { weight: 4, run: trouble.healing },
  { weight: 8, run: trouble.calls },
  { weight: 2, run: trouble.stateDisk },
  { weight: 6, run: trouble.relief },
  { weight: 2, run: trouble.multipathd },
  { weight: 1, run: trouble.iscsid },
  { weight: 7, run: trouble.people },
  { weight: 3, run: (world, chance) => world.calls.abort(chance.between(0, MOST_AT_ONCE)) },
]

/** Plays one step, and lets some time pass. */
export async function step(world: World, chance: Chance): Promise<void> {
  await chance.weighed(steps)?.run(world, chance)
  const pause = chance.of('rest', 'rest', 'moment', 'moment', 'moment', 'none', 'none')
  if (pause === 'rest') await world.rest()
  else if (pause === 'moment') await world.host.clock.advance(chance.of(1, 10, 50, 200, 1000, 5000))
  await world.revive()
}
