/** A situation that os-brick and Brickwork play one after the other, in the same boot. */
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'
import { brickworkParty } from './brickwork-party.js'
import { compare } from './compare.js'
import { Player, type Observation } from './player.js'
import type { Party } from './party.js'

export interface Situation {
  readonly name: string
  readonly title: string
  /** Prepares storage, daemons and other programs before either party begins. */
  readonly setUp: (world: World) => Promise<void>
  /** Other programs have objects at the end, which are removed before the final snapshot of the host. */
  readonly others?: true
  readonly play: (player: Player) => Promise<void>
  /** Reasons for differences, by observation. An undeclared difference is a failure, and so is a declaration without a difference. */
  readonly differs?: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 900_000

export function asScenario(situation: Situation): Scenario {
  const { name, title, others, differs = {} } = situation
  return {
    name: `differential-${name}`,
    title: `os-brick and Brickwork: ${title}`,
    only: 'real',
    long: true,
    peer: 'os-brick',
    timeoutMs: TIMEOUT_MS,
    run: async (world, story) => {
      const osBrick = await playBy(await world.osBrick(), situation, world)
      await world.reset()
      const brickwork = await playBy(await brickworkParty(world), situation, world)
      story.note('differential', [osBrick, brickwork])
      if (others === true) await world.reset()
      const { problems } = compare(osBrick, brickwork, differs)
      if (problems.length > 0) {
        const all = [osBrick, brickwork].map((each) => each.map((one) => JSON.stringify(one)).join('\n')).join('\n---\n')
        throw new Error(`${problems.join('\n')}\n--- os-brick, then Brickwork\n${all}`)
      }
    },
  }
}

export async function playBy(party: Party, { setUp, play }: Situation, world: World): Promise<readonly Observation[]> {
  await setUp(world)
  const player = await Player.begin(world, party)
  try {
    await play(player)
  } finally {
    await party.close()
  }
  return player.observations
}
